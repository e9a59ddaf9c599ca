// What single vendors refuse of OpenAI's Chat Completions and add to it, by the name of the model: a request for
// `scripted-gemini` is judged as Gemini judges it. Each rule names its source; what only OpenAI refuses is in
// `chat-request.ts`.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Answer, ExtraFields } from './answer.ts';
import { RefusedRequest } from './transcript.ts';

export interface Profile {
  /** Throws a RefusedRequest where the vendor answers with an error. */
  check(messages: readonly Message[]): void;
  /** The id that the vendor gives a call. */
  idOf(id: string): string;
  extra(answer: Answer): ExtraFields;
}

const messageSchema = z.looseObject({
  role: z.string(),
  content: z.unknown(),
  tool_calls: z.array(z.looseObject({ id: z.string() })).nullish(),
  tool_call_id: z.string().optional(),
});
type Message = z.infer<typeof messageSchema>;
const bodySchema = z.looseObject({ messages: z.array(messageSchema) });

/** The messages of a request to Chat Completions, read no further than the rules here need. */
export function messagesOf(raw: unknown): readonly Message[] {
  return bodySchema.safeParse(raw).data?.messages ?? [];
}

/** What is shorter than this between a tool and a person was written to keep Mistral's order: no model said it. */
const FILLER_MAX_CHARS = 10;

/** The request without such fillers, since each would count as a step of the model. */
export function withoutFillers(raw: unknown): unknown {
  const body = bodySchema.safeParse(raw).data;
  if (body === undefined) return raw;
  const messages = body.messages.filter(({ role, content, tool_calls: calls }, index) => {
    const isShort = typeof content === 'string' && content.length < FILLER_MAX_CHARS;
    const isBetween = body.messages[index - 1]?.role === 'tool' && body.messages[index + 1]?.role === 'user';
    return !(role === 'assistant' && !calls && isShort && isBetween);
  });
  return { ...body, messages };
}

const plain: Profile = {
  check: () => undefined,
  idOf: (id) => id,
  extra: () => ({ message: {}, calls: [] }),
};

/**
 * Gemini 3 (ai.google.dev/gemini-api/docs/thought-signatures): the first call of each step of the current turn has
 * to carry its signature, or the word that stands for a call of another model.
 */
const gemini: Profile = {
  ...plain,
  check: (messages) => {
    const turn = messages.findLastIndex(({ role }) => role === 'user');
    for (const [index, { tool_calls: calls }] of messages.entries()) {
      const first = calls?.[0];
      if (first === undefined || index < turn) continue;
      const signature = signatureSchema.safeParse(first).data?.extra_content.google.thought_signature;
      if (signature === signatureOf(first.id) || signature === 'skip_thought_signature_validator') continue;
      throw refusal(`Function call in content block ${index} is missing a thought_signature.`);
    }
  },
  extra: ({ calls }) => ({
    message: {},
    calls: calls.map(({ id }, index) =>
      index === 0 ? { extra_content: { google: { thought_signature: signatureOf(id) } } } : {},
    ),
  }),
};
const signatureSchema = z.looseObject({
  extra_content: z.object({ google: z.object({ thought_signature: z.string() }) }),
});

/**
 * DeepSeek's thinking mode (api-docs.deepseek.com/guides/thinking_mode): messages with calls have to come back with
 * their `reasoning_content`, also where it is empty; the API takes text only.
 */
const deepseek: Profile = {
  ...plain,
  check: (messages) => {
    refuseImages(messages, (index) => `messages[${index}]: unknown variant \`image_url\`, expected \`text\``);
    for (const [index, message] of messages.entries()) {
      if (!message.tool_calls || typeof message['reasoning_content'] === 'string') continue;
      throw refusal(`Missing \`reasoning_content\` field in the assistant message at message index ${index}`);
    }
  },
  extra: ({ thinking }) => ({ message: { reasoning_content: thinking }, calls: [] }),
};

/** Mistral (docs.mistral.ai, mistral-common's validator): ids of nine letters and digits, no user after a tool. */
const mistral: Profile = {
  ...plain,
  check: (messages) => {
    for (const [index, { role, tool_calls: calls, tool_call_id: answered }] of messages.entries()) {
      const ids = [...(calls ?? []).map(({ id }) => id), ...(answered === undefined ? [] : [answered])];
      const wrong = ids.find((id) => !/^[a-zA-Z0-9]{9}$/.test(id));
      if (wrong !== undefined)
        throw refusal(`Tool call id was ${wrong} but must be a-z, A-Z, 0-9, with a length of 9.`);
      if (role === 'user' && messages[index - 1]?.role === 'tool')
        throw refusal(`Unexpected role 'user' after role 'tool'`);
    }
  },
  idOf: (id) =>
    createHash('sha256').update(`mistral ${id}`).digest('base64url').replace(/\W|_/g, '').slice(0, 9),
};

/** OpenRouter (openrouter.ai/docs/use-cases/reasoning-tokens): details in pieces, which nobody may change. */
const openrouter: Profile = {
  ...plain,
  check: (messages) => {
    for (const { tool_calls: calls, reasoning_details: details } of messages) {
      const id = calls?.[0]?.id;
      if (id !== undefined && details !== undefined && !isDeepStrictEqual(details, detailsOf(id)))
        throw refusal('The reasoning_details of a message with tool calls were changed.');
    }
  },
  extra: ({ calls }) => ({
    message: calls[0] === undefined ? {} : { reasoning_details: detailsOf(calls[0].id) },
    calls: [],
  }),
};

/** A model without eyes behind vLLM, in vLLM's words. */
const text: Profile = {
  ...plain,
  check: (messages) => refuseImages(messages, () => 'At most 0 image(s) may be provided in one prompt.'),
};

const PROFILES: Readonly<Record<string, Profile>> = { gemini, deepseek, mistral, openrouter, text };

/** The profile of a model's name; OpenAI's own where it names none. */
export function profileOf(model: string): Profile {
  return PROFILES[/^scripted-(\w+)$/.exec(model)?.[1] ?? ''] ?? plain;
}

function signatureOf(callId: string): string {
  return createHash('sha256').update(`signature ${callId}`).digest('base64');
}

function detailsOf(callId: string): readonly object[] {
  const data = signatureOf(callId);
  return [
    { type: 'reasoning.text', text: 'I think. ', index: 0, format: 'unknown' },
    { type: 'reasoning.encrypted', data, index: 1, format: 'unknown' },
  ];
}

const partsSchema = z.array(z.looseObject({ type: z.string() }));

function refuseImages(messages: readonly Message[], words: (index: number) => string): void {
  for (const [index, { content }] of messages.entries()) {
    const parts = partsSchema.safeParse(content).data ?? [];
    if (parts.some(({ type }) => type === 'image_url')) throw refusal(words(index));
  }
}

function refusal(message: string): RefusedRequest {
  return new RefusedRequest(400, message, 'invalid_request_error', 'messages');
}

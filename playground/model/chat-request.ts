// Reads a request to POST /v1/chat/completions into a transcript, as strictly as the real API does.

import { z } from 'zod';
import { parseBody, transcriptOf } from './said.ts';
import { checkTools } from './tool-rules.ts';
import { type Entry, RefusedRequest, type Transcript } from './transcript.ts';

const contentSchema = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
]);

const messageSchema = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: contentSchema }),
  z.looseObject({ role: z.literal('user'), content: contentSchema }),
  z.looseObject({
    role: z.literal('assistant'),
    content: contentSchema.nullish(),
    tool_calls: z
      .array(
        z.looseObject({
          id: z.string().min(1),
          type: z.literal('function'),
          function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
        }),
      )
      .min(1)
      .nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: contentSchema }),
]);

const bodySchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  prompt_cache_key: z.string().nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.literal('function'),
        function: z.looseObject({ name: z.string(), parameters: z.unknown(), strict: z.boolean().nullish() }),
      }),
    )
    .nullish(),
});

export type ChatBody = z.infer<typeof bodySchema>;
type Message = z.infer<typeof messageSchema>;

/** Throws a RefusedRequest where the real API would answer 400. */
export function readChatRequest(raw: unknown): { body: ChatBody; transcript: Transcript } {
  const body = parseBody(bodySchema, raw);
  const tools = body.tools ?? [];
  checkTools(tools.map((tool) => ({ ...tool.function, strict: tool.function.strict ?? false })));
  checkPairs(body.messages);
  const transcript = transcriptOf({
    model: body.model,
    instructions: '',
    entries: body.messages.map(entryOf),
    toolNames: tools.map((tool) => tool.function.name),
    stream: body.stream ?? false,
    cacheKey: body.prompt_cache_key ?? null,
    raw: [tools, ...body.messages],
  });
  return { body, transcript };
}

function entryOf(message: Message): Entry {
  const text = textIn(message.content ?? '');
  switch (message.role) {
    case 'user':
      return { kind: 'user', text };
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name }));
      return { kind: 'assistant', text, calls };
    }
    case 'tool':
      return { kind: 'result', callId: message.tool_call_id, text };
    case 'system':
    case 'developer':
      return { kind: 'note', text };
  }
}

function textIn(content: z.infer<typeof contentSchema>): string {
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('\n');
}

/** The answers to an assistant's calls must follow it directly, all of them. */
function checkPairs(messages: readonly Message[]): void {
  let open = new Set<string>();
  const refuseOpen = (): void => {
    const [missing] = open;
    if (missing !== undefined) {
      const message = `An assistant message with 'tool_calls' must be followed by a tool message for '${missing}'.`;
      throw new RefusedRequest(400, message, null, 'messages');
    }
  };
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) {
        const problem = `A tool message answers '${message.tool_call_id}', which no preceding message called.`;
        throw new RefusedRequest(400, problem, null, 'messages');
      }
      continue;
    }
    refuseOpen();
    open = new Set(message.role === 'assistant' ? (message.tool_calls ?? []).map((call) => call.id) : []);
  }
  refuseOpen();
}

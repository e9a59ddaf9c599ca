// Reads a request to Anthropic's POST /v1/messages into a transcript, as strictly as the real API does. The rules are
// those of https://platform.claude.com/docs/en/api/messages and the pages on tool use, thinking and caching there.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { transcriptOf } from './said.ts';
import { checkTools } from './tool-rules.ts';
import { type Entry, RefusedRequest, type Transcript } from './transcript.ts';

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const cached = { cache_control: cacheControl.nullish() };
const textBlock = z.strictObject({ type: z.literal('text'), text: z.string(), ...cached });
const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.strictObject({
    type: z.literal('base64'),
    media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
    data: z.base64(),
  }),
  ...cached,
});
const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  input: z.record(z.string(), z.unknown()),
  ...cached,
});
const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock]))]).optional(),
  is_error: z.boolean().optional(),
  ...cached,
});
const thinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string(),
});
const redactedBlock = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });
const userBlock = z.discriminatedUnion('type', [textBlock, imageBlock, toolResultBlock]);
const assistantBlock = z.discriminatedUnion('type', [textBlock, toolUseBlock, thinkingBlock, redactedBlock]);

const messageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), z.array(userBlock)]) }),
  z.strictObject({ role: z.literal('assistant'), content: z.union([z.string(), z.array(assistantBlock)]) }),
]);
type Message = z.infer<typeof messageSchema>;
type Block = z.infer<typeof userBlock> | z.infer<typeof assistantBlock>;

/** What a model of this server writes at the most. */
const mostTokens = 64_000;

const bodySchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(messageSchema).min(1),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  stream: z.boolean().optional(),
  tools: z
    .array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        input_schema: z.looseObject({ type: z.literal('object') }),
        ...cached,
      }),
    )
    .optional(),
});
export type MessagesBody = z.infer<typeof bodySchema>;

/** Throws a RefusedRequest where the real API would answer 400. */
export function readMessagesRequest(raw: unknown): { body: MessagesBody; transcript: Transcript } {
  const parsed = bodySchema.safeParse(raw);
  if (!parsed.success) throw refusal(wordsOf(parsed.error));
  const body = parsed.data;
  if (body.max_tokens > mostTokens)
    throw refusal(
      `max_tokens: ${body.max_tokens} > ${mostTokens}, which is the maximum allowed number of output tokens for ${body.model}`,
    );
  const tools = body.tools ?? [];
  checkTools(tools.map(({ name, input_schema: parameters }) => ({ name, parameters, strict: false })));
  const messages = body.messages.map(({ role, content }) => ({ role, blocks: blocksOf(content) }));
  checkBlocks(messages);
  checkPairs(messages);
  checkMarks(body, messages);
  const system =
    typeof body.system === 'string' ? body.system : (body.system ?? []).map(({ text }) => text).join('\n');
  const transcript = transcriptOf({
    model: body.model,
    instructions: system,
    entries: messages.flatMap(entriesOf),
    toolNames: tools.map(({ name }) => name),
    stream: body.stream ?? false,
    cacheKey: null,
    raw: [tools.map(unmarked), system, ...body.messages.map(unmarked)],
  });
  return { body, transcript };
}

interface ReadMessage {
  readonly role: Message['role'];
  readonly blocks: readonly Block[];
}

function blocksOf(content: string | readonly Block[]): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** As the API words it: `messages.1.content.0.text: …`. */
function wordsOf(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  const isExtra = issue?.code === 'unrecognized_keys';
  return isExtra
    ? `${[path, issue.keys[0]].filter(Boolean).join('.')}: Extra inputs are not permitted`
    : `${path}: ${issue?.message ?? 'invalid'}`;
}

function checkBlocks(messages: readonly ReadMessage[]): void {
  for (const [index, { role, blocks }] of messages.entries()) {
    const at = `messages.${index}`;
    if (blocks.length === 0) throw refusal(`${at}: all messages must have non-empty content`);
    for (const [place, block] of blocks.entries()) {
      if (block.type === 'text' && block.text.trim() === '')
        throw refusal(`${at}.content.${place}: text content blocks must contain non-whitespace text`);
      if (block.type === 'thinking' && block.signature !== signatureOf(block.thinking))
        throw refusal(`${at}.content.${place}: Invalid \`signature\` in \`thinking\` block`);
    }
    if (role === 'assistant' && index === messages.length - 1)
      throw refusal(
        'This model does not support assistant message prefill. The conversation must end with a user message.',
      );
  }
  if (messages[0]?.role !== 'user') throw refusal('messages: first message must use the "user" role');
}

/** Each call has its result in the very next message, before anything else there. */
function checkPairs(messages: readonly ReadMessage[]): void {
  let open: readonly string[] = [];
  for (const [index, { role, blocks }] of messages.entries()) {
    const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    const stray = results.find((id) => !open.includes(id));
    if (stray !== undefined)
      throw refusal(
        `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    const missing = open.filter((id) => !results.includes(id));
    const isFirst = blocks.slice(0, results.length).every(({ type }) => type === 'tool_result');
    if (missing.length > 0 || !isFirst)
      throw refusal(
        `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}.`,
      );
    open =
      role === 'assistant' ? blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])) : [];
    if (new Set(open).size !== open.length)
      throw refusal(`messages.${index}: \`tool_use\` ids must be unique`);
  }
}

function checkMarks({ system, tools = [] }: MessagesBody, messages: readonly ReadMessage[]): void {
  const blocks = [
    ...(typeof system === 'string' ? [] : (system ?? [])),
    ...tools,
    ...messages.flatMap((message) => message.blocks),
  ];
  const marks = blocks.filter((block) => 'cache_control' in block && block.cache_control).length;
  if (marks > 4) throw refusal(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`);
}

function entriesOf({ role, blocks }: ReadMessage): readonly Entry[] {
  const text = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  if (role === 'assistant') {
    const calls = blocks.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name }] : [],
    );
    return [{ kind: 'assistant', text, calls }];
  }
  const results = blocks.flatMap((block): readonly Entry[] =>
    block.type === 'tool_result'
      ? [{ kind: 'result', callId: block.tool_use_id, text: resultText(block.content ?? '') }]
      : [],
  );
  const words = blocks.flatMap((block): readonly Entry[] =>
    block.type === 'text' ? [{ kind: 'user', text: block.text }] : [],
  );
  return [...results, ...words];
}

function resultText(content: string | readonly { readonly type: string; readonly text?: string }[]): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('\n');
}

/** Without marks for the cache, which move on from request to request. */
function unmarked(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (key === 'cache_control' ? undefined : inner));
}

/** What stands for the vendor's signature of this thinking. */
export function signatureOf(thinking: string): string {
  return createHash('sha256').update(`thinking ${thinking}`).digest('base64');
}

function refusal(message: string): RefusedRequest {
  return new RefusedRequest(400, message, null, 'messages');
}

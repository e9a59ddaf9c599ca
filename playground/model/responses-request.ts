// Reads a request to POST /v1/responses into a transcript, as strictly as the real API does.

import { z } from 'zod';
import { parseBody, transcriptOf } from './said.ts';
import { checkTools } from './tool-rules.ts';
import { type Entry, type PastCall, RefusedRequest, type Transcript } from './transcript.ts';

const partSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  refusal: z.string().optional(),
});
const contentSchema = z.union([z.string(), z.array(partSchema)]);

const messageSchema = z.looseObject({
  type: z.literal('message').default('message'),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: contentSchema,
});
const callSchema = z.looseObject({
  type: z.literal('function_call'),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
});
const outputSchema = z.looseObject({
  type: z.literal('function_call_output'),
  call_id: z.string().min(1),
  output: contentSchema,
});
const reasoningSchema = z.looseObject({
  type: z.literal('reasoning'),
  summary: z.array(z.looseObject({ text: z.string() })),
});
const itemSchema = z.union([callSchema, outputSchema, reasoningSchema, messageSchema]);

const bodySchema = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(itemSchema)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  tools: z
    .array(
      z.looseObject({
        type: z.literal('function'),
        name: z.string(),
        parameters: z.unknown(),
        strict: z.boolean().nullish(),
      }),
    )
    .nullish(),
});

export type ResponsesBody = z.infer<typeof bodySchema>;
type Item = z.infer<typeof itemSchema>;

/** Throws a RefusedRequest where the real API would answer 400. */
export function readResponsesRequest(raw: unknown): { body: ResponsesBody; transcript: Transcript } {
  const body = parseBody(bodySchema, raw);
  if (body.previous_response_id) {
    const message = `Previous response with id '${body.previous_response_id}' not found: this server stores none.`;
    throw new RefusedRequest(400, message, 'previous_response_not_found', 'previous_response_id');
  }
  const tools = body.tools ?? [];
  checkTools(tools.map((tool) => ({ ...tool, strict: tool.strict ?? false })));
  const items: readonly Item[] =
    typeof body.input === 'string' ? [{ type: 'message', role: 'user', content: body.input }] : body.input;
  checkPairs(items);
  const instructions = body.instructions ?? '';
  const transcript = transcriptOf({
    model: body.model,
    instructions,
    entries: items.map(entryOf),
    toolNames: tools.map((tool) => tool.name),
    stream: body.stream ?? false,
    cacheKey: body.prompt_cache_key ?? null,
    raw: [tools, instructions, ...items],
  });
  return { body, transcript };
}

function entryOf(item: Item): Entry {
  switch (item.type) {
    case 'function_call': {
      const call: PastCall = { id: item.call_id, name: item.name };
      return { kind: 'assistant', text: '', calls: [call] };
    }
    case 'function_call_output':
      return { kind: 'result', callId: item.call_id, text: textIn(item.output) };
    case 'reasoning':
      return { kind: 'assistant', text: '', calls: [] };
    case 'message':
      return messageEntry(item.role, item.content);
  }
}

function messageEntry(
  role: z.infer<typeof messageSchema>['role'],
  content: z.infer<typeof contentSchema>,
): Entry {
  const allowed =
    role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file'];
  for (const part of typeof content === 'string' ? [] : content) {
    if (!allowed.includes(part.type)) {
      const message = `Invalid value: '${part.type}'. Supported values for role ${role} are: ${allowed.join(', ')}.`;
      throw new RefusedRequest(400, message, 'invalid_value', 'input');
    }
  }
  const text = textIn(content);
  if (role === 'assistant') {
    return { kind: 'assistant', text, calls: [] };
  }
  return role === 'user' ? { kind: 'user', text } : { kind: 'note', text };
}

function textIn(content: z.infer<typeof contentSchema>): string {
  if (typeof content === 'string') {
    return content;
  }
  return content.map((part) => part.text ?? part.refusal ?? '').join('\n');
}

/** Every call needs its output and every output its call, in this order. */
function checkPairs(items: readonly Item[]): void {
  const open = new Set<string>();
  for (const item of items) {
    if (item.type === 'function_call') {
      open.add(item.call_id);
    } else if (item.type === 'function_call_output' && !open.delete(item.call_id)) {
      const message = `No tool call found for function call output with call_id ${item.call_id}.`;
      throw new RefusedRequest(400, message, null, 'input');
    }
  }
  const [missing] = open;
  if (missing !== undefined) {
    throw new RefusedRequest(400, `No tool output found for function call ${missing}.`, null, 'input');
  }
}

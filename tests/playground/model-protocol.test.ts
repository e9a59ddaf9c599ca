// The scripted model over the real protocol: the openai SDK must understand it, in both APIs, streaming or not.

import type OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type {
  ResponseInputItem,
  ResponseOutputItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningModel } from '../../playground/model/server.ts';
import { startModel } from '../../playground/model/server.ts';
import { addScript } from './model-control.ts';
import { clientFor, tools } from './model-player.ts';

const twoSteps = `
match: bake a cake
steps:
  - thinking: First the flour, then the eggs.
    say: I will look for flour.
    tools:
      - name: search
        arguments: { pattern: flour, path: pantry }
      - name: read_file
        arguments: { path: recipe.md }
  - say: The cake is **done**.
    usage: { input_tokens: 1234, output_tokens: 56 }
`;

const chatTools = tools.map(({ type, name, description, parameters }) => ({
  type,
  function: { name, description, parameters },
}));

let model: RunningModel;
let client: OpenAI;

beforeAll(async () => {
  model = await startModel();
  client = clientFor(model.url);
  await addScript(model.url, 'cake', twoSteps);
});
afterAll(() => model.close());

const ask: ResponseInputItem = {
  role: 'user',
  content: '<request from="Mira">Bake a CAKE, please</request>',
};

describe('the Responses API', () => {
  it('streams reasoning, text and calls as numbered events, and the SDK puts them together', async () => {
    const stream = await client.responses.create({ model: 'scripted', input: [ask], tools, stream: true });
    const events: ResponseStreamEvent[] = [];
    for await (const event of stream) {
      events.push(event);
    }
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    const kinds = events.map((event) => event.type);
    expect(kinds.slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
    expect(kinds.at(-1)).toBe('response.completed');
    const text = events.flatMap((event) =>
      event.type === 'response.output_text.delta' ? [event.delta] : [],
    );
    expect(text.join('')).toBe('I will look for flour.');
    const args = events.flatMap((event) =>
      event.type === 'response.function_call_arguments.delta' && event.output_index === 2
        ? [event.delta]
        : [],
    );
    expect(args.length).toBeGreaterThan(1);
    expect(JSON.parse(args.join(''))).toEqual({ pattern: 'flour', path: 'pantry' });
  });

  it('gives the same answer streamed, accumulated by the SDK and in one piece', async () => {
    const body = { model: 'scripted', input: [ask], tools };
    const accumulated = await client.responses.stream(body).finalResponse();
    const whole = await client.responses.create(body);
    const callsIn = (output: readonly ResponseOutputItem[]) =>
      output.flatMap((item) => (item.type === 'function_call' ? [[item.call_id, item.arguments]] : []));
    expect(callsIn(accumulated.output)).toEqual(callsIn(whole.output));
    expect(accumulated.output_text).toBe(whole.output_text);
    expect(accumulated.id).toBe(whole.id);
    expect(whole.output.map((item) => item.type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'function_call',
    ]);
    expect(whole.output_text).toBe('I will look for flour.');
    expect(whole.status).toBe('completed');
  });

  it('continues with the next step when the results come back, and ends', async () => {
    const first = await client.responses.create({ model: 'scripted', input: [ask], tools });
    const input: ResponseInputItem[] = [ask];
    for (const item of first.output) {
      if (item.type === 'reasoning' || item.type === 'message' || item.type === 'function_call') {
        input.push(item);
      }
      if (item.type === 'function_call') {
        input.push({ type: 'function_call_output', call_id: item.call_id, output: 'some' });
      }
    }
    const second = await client.responses.create({ model: 'scripted', input, tools });
    expect(second.output_text).toBe('The cake is **done**.');
    expect(second.usage).toMatchObject({ input_tokens: 1234, output_tokens: 56, total_tokens: 1290 });
  });

  it('refuses what the real API refuses: a call without its output, an output without its call', async () => {
    const call = { type: 'function_call', call_id: 'call_1', name: 'search', arguments: '{}' } as const;
    const output = { type: 'function_call_output', call_id: 'call_1', output: 'x' } as const;
    for (const input of [
      [ask, call],
      [ask, output],
    ]) {
      const refused = client.responses.create({ model: 'scripted', input, tools });
      await expect(refused).rejects.toMatchObject({
        status: 400,
        type: 'invalid_request_error',
        param: 'input',
      });
    }
  });

  it('refuses stored conversations, unknown models and strict tools with optional fields', async () => {
    const base = { model: 'scripted', input: 'hello' };
    await expect(client.responses.create({ ...base, previous_response_id: 'resp_1' })).rejects.toMatchObject({
      code: 'previous_response_not_found',
    });
    await expect(client.responses.create({ ...base, model: 'no-such-model' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    const parameters = {
      type: 'object',
      properties: { path: { type: 'string' } },
      additionalProperties: false,
    };
    const strict = { type: 'function' as const, name: 'read_file', strict: true, parameters };
    await expect(client.responses.create({ ...base, tools: [strict] })).rejects.toMatchObject({
      code: 'invalid_function_parameters',
    });
  });
});

describe.each(['responses', 'chat'] as const)('the tools of a request to %s', (api) => {
  const send = (parameters: Record<string, unknown>) => {
    const tool = { type: 'function' as const, name: 'edit', strict: false, parameters };
    const { type, ...declared } = tool;
    return api === 'responses'
      ? client.responses.create({ model: 'scripted', input: [ask], tools: [tool] })
      : client.chat.completions.create({
          model: 'scripted',
          messages: [{ role: 'user', content: 'bake a cake' }],
          tools: [{ type, function: declared }],
        });
  };
  const object = (property: Record<string, unknown>) => ({ type: 'object', properties: { it: property } });

  it.each([
    object({ type: 'string', pattern: '^\\P{Cc}+$' }),
    object({ type: 'string', pattern: '^[\\p{L}\\p{N}_ .()-]+$' }),
    object({ type: 'string', pattern: '^(?<year>\\d{4})$' }),
    object({ type: 'string', pattern: '(' }),
    object({ type: 'array', items: { type: 'string', pattern: '\\u{1F600}\\c' } }),
    object({ type: 'object', patternProperties: { '^\\p{Lu}': { type: 'string' } } }),
    object({ type: 'array' }),
    { type: 'object', anyOf: [{ properties: { a: { type: 'string' } } }] },
  ])('are refused as a whole for one schema: %j', async (parameters) => {
    await expect(send(parameters)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_function_parameters',
      message: expect.stringContaining("Invalid schema for function 'edit'"),
    });
  });

  it.each([
    object({ type: 'string', pattern: '^(?!__.*__$)[A-Za-z0-9\\-_.]{1,200}$' }),
    object({ type: 'string', pattern: '^(?P<year>\\d{4})[)\\]]\\Z' }),
    object({ enum: ['\\p{L}'], default: { pattern: '\\p{L}' } }),
    object({ type: 'array', items: {} }),
  ])('are taken where Python takes them: %j', async (parameters) => {
    await expect(send(parameters)).resolves.toMatchObject({ model: 'scripted' });
  });
});

describe('the Chat Completions API', () => {
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: 'You are an agent.' },
    { role: 'user', content: 'bake a cake' },
  ];

  it('streams text, calls and, where asked for, the usage in a last chunk', async () => {
    const stream = await client.chat.completions.create({
      model: 'scripted',
      messages,
      tools: chatTools,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const args: string[] = [];
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
      text += chunk.choices[0]?.delta.content ?? '';
      for (const call of chunk.choices[0]?.delta.tool_calls ?? []) {
        args[call.index] = (args[call.index] ?? '') + (call.function?.arguments ?? '');
      }
    }
    expect(text).toBe('I will look for flour.');
    expect(args.map((arg) => JSON.parse(arg))).toEqual([
      { pattern: 'flour', path: 'pantry' },
      { path: 'recipe.md' },
    ]);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.at(-1)?.usage?.prompt_tokens).toBeGreaterThan(50);
  });

  it('sends no usage chunk that nobody asked for', async () => {
    const stream = await client.chat.completions.create({
      model: 'scripted',
      messages,
      tools: chatTools,
      stream: true,
    });
    const usages = [];
    for await (const chunk of stream) {
      usages.push(chunk.usage ?? null);
    }
    expect(usages.every((usage) => usage === null)).toBe(true);
  });

  it('continues after the tool messages and ends with stop', async () => {
    const first = await client.chat.completions.create({ model: 'scripted', messages, tools: chatTools });
    const message = first.choices[0]?.message;
    expect(message?.content).toBe('I will look for flour.');
    const results: ChatCompletionMessageParam[] = (message?.tool_calls ?? []).map((call) => ({
      role: 'tool',
      tool_call_id: call.id,
      content: 'some',
    }));
    expect(results).toHaveLength(2);
    const second = await client.chat.completions.create({
      model: 'scripted',
      messages: [...messages, ...(message ? [message] : []), ...results],
      tools: chatTools,
    });
    expect(second.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'The cake is **done**.' },
    });
  });

  it('refuses calls that no tool message answers', async () => {
    const calls = [
      { id: 'call_1', type: 'function' as const, function: { name: 'search', arguments: '{}' } },
    ];
    const refused = client.chat.completions.create({
      model: 'scripted',
      messages: [...messages, { role: 'assistant', tool_calls: calls }, { role: 'user', content: 'and?' }],
      tools: chatTools,
    });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'messages' });
  });
});

describe('around the answers', () => {
  it('takes any key but the refused one', async () => {
    await expect(
      clientFor(model.url, 'sk-refused').responses.create({ model: 'm', input: 'x' }),
    ).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
    const keyless = await fetch(`${model.url}/responses`, { method: 'POST', body: '{}' });
    expect(keyless.status).toBe(401);
  });

  it('lists its one model', async () => {
    const listed = await client.models.list();
    expect(listed.data.map((entry) => entry.id)).toEqual(['scripted']);
  });

  it('says honestly what it is where nothing was recorded, and calls no tool', async () => {
    const answer = await client.responses.create({ model: 'scripted', input: 'paint the moon', tools });
    expect(answer.output.map((item) => item.type)).toEqual(['message']);
    expect(answer.output_text).toContain('scripted model');
    expect(answer.output_text).toContain('- fix the total on the cart page');
    expect(answer.output_text).toContain('OPENAI_API_KEY');
  });

  it('counts as cached what the request before in the same conversation began with', async () => {
    const grow = async (parts: string[]) => {
      const input: ResponseInputItem[] = parts.map((content) => ({ role: 'user', content }));
      const { usage } = await client.responses.create({
        model: 'cache-test',
        input,
        instructions: 'x'.repeat(4000),
      });
      return usage;
    };
    const first = await grow(['hello there']);
    expect(first?.input_tokens_details.cached_tokens).toBe(0);
    expect(first?.input_tokens).toBeGreaterThan(1000);
    const second = await grow(['hello there', 'and more']);
    expect(second?.input_tokens_details.cached_tokens).toBeGreaterThanOrEqual((first?.input_tokens ?? 0) - 1);
    expect(second?.input_tokens_details.cached_tokens).toBeLessThan(second?.input_tokens ?? 0);
  });
});

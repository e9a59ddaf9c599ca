// What real and compatible servers do besides the documentation.
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConversationEntry } from '../../../core/journal.ts';
import { type Model, type ModelAnswer, singleMessage } from '../../../worker/model/model.ts';
import { modelAt, type RawServer, refusal, startRawServer, stream } from './server.ts';

const KEY = 'local-key-1234567890';
const call = (id: string, name: string, args: string): ConversationEntry => ({
  kind: 'response',
  model: 'm',
  text: '',
  toolCalls: [{ callId: id, name, argumentsText: args }],
  usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
});

let server: RawServer | undefined;
afterEach(() => server?.close());

/** A model whose server answers request after request with the next handler. */
async function modelWith(
  api: 'responses' | 'chat',
  ...handlers: Parameters<typeof startRawServer>[0]
): Promise<Model> {
  server = await startRawServer(handlers);
  return modelAt(server, { api, name: 'm', apiKey: KEY, retry: { maxTries: 3 }, idleTimeoutMs: 500 });
}

/** A model over Chat Completions whose server answers with these events. */
const chatWith = (...events: readonly object[]): Promise<Model> => modelWith('chat', stream(events));
/** A model over the Responses API whose server answers with these events. */
const responsesWith = (...events: readonly object[]): Promise<Model> =>
  modelWith('responses', stream(events));

function ask(model: Model, ...entries: readonly ConversationEntry[]): Promise<ModelAnswer> {
  const request = { ...singleMessage('i', ''), entries };
  return model.respond(request, { signal: new AbortController().signal });
}

const chunk = (delta: object, finish: string | null = null): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const piece = (fields: object): object => chunk({ tool_calls: [fields] });

describe('chat completions', () => {
  it('tells calls apart that come without index, by their ids', async () => {
    const model = await chatWith(
      piece({ id: 'a', function: { name: 'one', arguments: '{"x"' } }),
      piece({ function: { arguments: ':1}' } }),
      piece({ id: 'b', function: { name: 'two', arguments: '{}' } }),
      chunk({}, 'tool_calls'),
    );
    expect((await ask(model)).response.toolCalls).toEqual([
      { callId: 'a', name: 'one', argumentsText: '{"x":1}' },
      { callId: 'b', name: 'two', argumentsText: '{}' },
    ]);
  });

  it('gives each call an id of its own where the server gives none or the same one', async () => {
    const model = await chatWith(
      piece({ index: 0, function: { name: 'one', arguments: '{}' } }),
      piece({ index: 1, id: 'same', function: { name: 'two', arguments: '{}' } }),
      piece({ index: 2, id: 'same', function: { name: 'three', arguments: '{}' } }),
      chunk({}, 'tool_calls'),
    );
    const { toolCalls } = (await ask(model)).response;
    expect(toolCalls.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
    expect(new Set(toolCalls.map(({ callId }) => callId)).size).toBe(3);
  });

  it('leaves out the call that the token limit cut', async () => {
    const model = await chatWith(
      piece({ index: 0, id: 'a', function: { name: 'one', arguments: '{}' } }),
      piece({ index: 1, id: 'b', function: { name: 'two', arguments: '{"command":"rm -rf build/pa' } }),
      chunk({}, 'length'),
    );
    const { ending, response } = await ask(model);
    expect(ending).toBe('length');
    expect(response.toolCalls.map(({ callId }) => callId)).toEqual(['a']);
  });

  it('asks again after a stream that ends without its end, and never returns half a call', async () => {
    const half = [piece({ index: 0, id: 'a', function: { name: 'one', arguments: '{"command":"rm' } })];
    const whole = [piece({ index: 0, id: 'b', function: { name: 'one', arguments: '{}' } })];
    const model = await modelWith(
      'chat',
      stream(half, 'end'),
      stream(half, 'cut'),
      stream([...whole, chunk({}, 'tool_calls')]),
    );
    expect((await ask(model)).response.toolCalls.map(({ callId }) => callId)).toEqual(['b']);
    expect(server?.bodies).toHaveLength(3);
  });

  it('sends thinking back that came beside the answer', async () => {
    const model = await chatWith(chunk({ reasoning_content: 'hm' }), chunk({ content: 'yes' }, 'stop'));
    const { response } = await ask(model);
    await ask(model, response, { kind: 'message', text: 'and?' });
    expect(JSON.parse(server?.bodies[1] ?? '').messages[1]).toEqual({
      role: 'assistant',
      content: 'yes',
      reasoning_content: 'hm',
    });
  });

  it('drops characters that databases refuse', async () => {
    const model = await chatWith(chunk({ content: 'a\u0000b\ud800' }, 'stop'));
    expect((await ask(model)).response.text).toBe('ab\ufffd');
  });

  it('wraps arguments that are not JSON when it sends them back', async () => {
    const model = await chatWith(chunk({ content: 'ok' }, 'stop'));
    const done: ConversationEntry = { kind: 'tool_result', callId: 'a', ok: false, output: 'no' };
    await ask(model, call('a', 'one', '{"x'), done);
    const sent = JSON.parse(server?.bodies[0] ?? '').messages[1].tool_calls[0].function.arguments;
    expect(JSON.parse(sent)).toEqual({ invalid_json: '{"x' });
  });
});

describe('the Responses API', () => {
  const item = (fields: object): object => ({
    type: 'response.output_item.done',
    output_index: 0,
    item: fields,
  });
  const message = {
    type: 'message',
    id: 'm1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
  };
  const end = (type: string, fields: object): object => ({ type, response: { id: 'r', ...fields } });

  it('takes the items of the last event where none came before', async () => {
    const model = await responsesWith(end('response.completed', { output: [message] }));
    expect((await ask(model)).response.text).toBe('Hello');
  });

  it('leaves out the call and its reasoning that the token limit cut', async () => {
    const model = await responsesWith(
      item(message),
      item({ type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'e' }),
      item({
        type: 'function_call',
        id: 'f',
        call_id: 'a',
        name: 'one',
        arguments: '{"x',
        status: 'incomplete',
      }),
      end('response.incomplete', { output: [], incomplete_details: { reason: 'max_output_tokens' } }),
    );
    const { ending, response } = await ask(model);
    expect(ending).toBe('length');
    expect(response).toMatchObject({ text: 'Hello', toolCalls: [] });
    expect(response.opaque).toBeUndefined();
  });

  it('does without encrypted reasoning where the model has none to give', async () => {
    const refused = { message: 'Encrypted content is not supported with this model.', param: 'include' };
    const model = await modelWith(
      'responses',
      refusal(400, refused),
      stream([item(message), end('response.completed', { output: [] })]),
    );
    expect((await ask(model)).response.text).toBe('Hello');
    await ask(model);
    expect(server?.bodies.map((body) => 'include' in JSON.parse(body))).toEqual([true, false, false]);
  });

  it('keeps reasoning for its own model, and gives others only the words', async () => {
    const reasoning = { type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'secret' };
    const model = await responsesWith(
      item(reasoning),
      item(message),
      end('response.completed', { output: [] }),
    );
    const { response } = await ask(model);
    await ask(model, response);
    await ask(model, { ...response, model: 'another' });
    expect(server?.bodies[1]).toContain('"encrypted_content":"secret"');
    expect(server?.bodies[2]).not.toContain('secret');
    expect(server?.bodies[2]).toContain('Hello');
  });

  it('asks again when the response fails for want of capacity, and says so in the end', async () => {
    const failed = end('response.failed', { error: { code: 'rate_limit_exceeded', message: 'busy' } });
    const model = await responsesWith(failed);
    await expect(ask(model)).rejects.toMatchObject({ code: 'model_overloaded' });
    expect(server?.bodies).toHaveLength(3);
  });
});

describe('a stream behind its last event', () => {
  const last = {
    chat: chunk({ content: 'Hello' }, 'stop'),
    responses: {
      type: 'response.completed',
      response: {
        id: 'r',
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] }],
      },
    },
  };

  it.each(['chat', 'responses'] as const)(
    'is read to its end, so that connections serve the next requests, over %s',
    async (api) => {
      const model = await modelWith(api, stream([last[api]], 'done-late'));
      for (let request = 0; request < 10; request += 1) await ask(model);
      // A second one where the first is not quite free yet; left before its end, each stream costs one.
      expect(server?.connections()).toBeLessThan(5);
    },
  );

  it.each(['chat', 'responses'] as const)(
    'may have its mark with a blank at the end, over %s',
    async (api) => {
      const text = `data: ${JSON.stringify(last[api])}\n\ndata: [DONE] \n\n`;
      const model = await modelWith(api, (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(text);
      });
      expect((await ask(model)).response.text).toBe('Hello');
      expect(server?.bodies).toHaveLength(1);
    },
  );

  it.each([
    ['chat', 'done-hang'],
    ['responses', 'done-hang'],
    ['responses', 'hang'],
    ['responses', 'cut'],
  ] as const)('may break the rules: the answer is whole, over %s with %s', async (api, then) => {
    const model = await modelWith(api, stream([last[api]], then));
    expect((await ask(model)).response.text).toBe('Hello');
    expect(server?.bodies).toHaveLength(1);
  });
});

describe('refusals', () => {
  it.each([
    [
      'an empty purse',
      429,
      { message: 'You exceeded your quota', code: 'insufficient_quota' },
      'model_refused',
    ],
    [
      'a plain-text overflow',
      400,
      { message: "This model's maximum context length is 8 tokens" },
      'model_context_full',
    ],
    ['a body that is too large', 413, { message: 'too large' }, 'model_context_full'],
    ['a forbidden model', 403, { message: 'no access' }, 'model_refused'],
    ['a request that is wrong', 400, { message: 'bad tool' }, 'model_refused'],
  ])('asks once only at %s', async (_, status, error, code) => {
    const model = await modelWith('chat', refusal(status, error));
    await expect(ask(model)).rejects.toMatchObject({ code, retry: 'never' });
    expect(server?.bodies).toHaveLength(1);
  });

  it('understands Retry-After as a date', async () => {
    const inOneSecond = new Date(Date.now() + 2000).toUTCString();
    const busy = refusal(503, { message: 'busy' }, { 'retry-after': inOneSecond });
    const model = await modelWith('chat', busy, stream([chunk({ content: 'ok' }, 'stop')]));
    const startedAt = performance.now();
    await ask(model);
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  it('never repeats the key that a server echoes', async () => {
    const model = await modelWith('chat', refusal(400, { message: `key ${KEY} and sk-abc123def is wrong` }));
    const failure: unknown = await ask(model).catch((thrown: unknown) => thrown);
    const everything = JSON.stringify([failure, Reflect.get(Object(failure), 'cause'), String(failure)]);
    expect(everything).not.toContain(KEY);
    expect(everything).not.toContain('sk-abc123def');
    expect(everything).toContain('[key]');
  });

  it('asks again after a page of a broken proxy, sent as an answer', async () => {
    const page = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
    };
    const model = await modelWith('chat', page, stream([chunk({ content: 'ok' }, 'stop')]));
    expect((await ask(model)).response.text).toBe('ok');
  });
});

// Every fault as a client sees it, over both APIs; and that the recording goes on after it.

import type OpenAI from 'openai';
import { APIConnectionError, APIError } from 'openai';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startModel } from '../../playground/model/server.ts';
import { addScript, loggedRequests, post } from './model-control.ts';
import { clientFor, tools } from './model-player.ts';

const model = await startModel();
const client: OpenAI = clientFor(model.url);
const input: ResponseInputItem[] = [{ role: 'user', content: 'bake a cake' }];
const chatTools = tools.map(({ type, name, parameters }) => ({ type, function: { name, parameters } }));

const cake = `
match: bake a cake
steps:
  - say: I look for flour, which is somewhere in the pantry, behind the sugar and the salt.
    tools: [{ name: search, arguments: { pattern: flour, path: 'pantry/behind/the/sugar/and/the/salt' } }]
  - say: done
`;

beforeEach(async () => {
  await post(model.url, 'reset', {});
  await addScript(model.url, 'cake', cake);
});
afterAll(() => model.close());

/** Asks once with streaming; the pieces of arguments that came, and how it ended. */
const asks = {
  responses: async (signal?: AbortSignal) => {
    const stream = await client.responses.create({ model: 'm', input, tools, stream: true }, { signal });
    let args = '';
    let ending = 'none';
    let calls = 0;
    for await (const event of stream) {
      args += event.type === 'response.function_call_arguments.delta' ? event.delta : '';
      calls += event.type === 'response.output_item.done' && event.item.type === 'function_call' ? 1 : 0;
      ending = event.type;
    }
    return { args, calls, ending };
  },
  chat: async (signal?: AbortSignal) => {
    const stream = await client.chat.completions.create(
      { model: 'm', messages: [{ role: 'user', content: 'bake a cake' }], tools: chatTools, stream: true },
      { signal },
    );
    let args = '';
    let ending = 'none';
    let calls = 0;
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta.tool_calls?.[0];
      args += delta?.function?.arguments ?? '';
      calls += delta?.id ? 1 : 0;
      ending = chunk.choices[0]?.finish_reason ?? ending;
    }
    return { args, calls, ending };
  },
};

/** The model has the request of this test. */
const arrived = () => expect.poll(() => loggedRequests(model.url), { timeout: 30_000 }).toHaveLength(1);
const inject = (kind: string, more: object = {}): Promise<unknown> =>
  post(model.url, 'faults', { kind, ...more });
const good = { responses: 'response.completed', chat: 'tool_calls' };

describe.each(['responses', 'chat'] as const)('faults over the %s API', (api) => {
  const ask = asks[api];

  it.each([
    ['rate_limited', 429, 'rate_limit_exceeded'],
    ['http_500', 500, null],
    ['overloaded', 503, null],
    ['bad_gateway', 502, undefined],
    ['http_401', 401, 'invalid_api_key'],
    ['context_overflow', 400, 'context_length_exceeded'],
  ])('%s is an error answer, as often as asked for, and then it works', async (kind, status, code) => {
    await inject(kind, { times: 2 });
    await expect(ask()).rejects.toMatchObject({ status, code });
    await expect(ask()).rejects.toMatchObject({ status, code });
    expect((await ask()).ending).toBe(good[api]);
  });

  it('rate_limited says when to come back', async () => {
    await inject('rate_limited', { retry_after: 7 });
    const refused = await ask().catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(APIError);
    expect(refused instanceof APIError && refused.headers?.get('retry-after')).toBe('7');
  });

  it('no_answer does not even begin to answer', async () => {
    await inject('no_answer');
    const controller = new AbortController();
    const asking = ask(controller.signal);
    asking.catch(() => undefined);
    await arrived();
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort();
    await expect(asking).rejects.toThrow(/abort/i);
    expect((await ask()).ending).toBe(good[api]);
  });

  it('cut_mid_call breaks the connection before the last piece of the arguments', async () => {
    await inject('cut_mid_call');
    await expect(ask()).rejects.toThrow(/terminated/);
    expect((await ask()).ending).toBe(good[api]);
  });

  it('hang answers nothing more until the client gives up', async () => {
    await inject('hang');
    const controller = new AbortController();
    const pending = ask(controller.signal).then(
      (seen) => seen.ending,
      () => 'aborted',
    );
    await arrived();
    const early = await Promise.race([
      pending,
      new Promise((resolve) => setTimeout(() => resolve('silent'), 300)),
    ]);
    expect(early).toBe('silent');
    controller.abort();
    expect(good[api]).not.toBe(await pending);
    expect((await ask()).ending).toBe(good[api]);
  });

  it('cut_mid_stream breaks the connection in the middle of a call', async () => {
    await inject('cut_mid_stream');
    await expect(ask()).rejects.toThrow(/terminated/);
    expect((await ask()).ending).toBe(good[api]);
  });

  it('invalid_json and unknown_tool are calls that cannot be done, and the step comes again', async () => {
    await inject('invalid_json');
    const broken = await ask();
    expect(broken.calls).toBe(1);
    expect(() => JSON.parse(broken.args)).toThrow(SyntaxError);
    await inject('unknown_tool');
    expect((await ask()).calls).toBe(1);
    const whole = await ask();
    expect(JSON.parse(whole.args)).toMatchObject({ pattern: 'flour' });
  });

  it('empty and content_filter say nothing and call nothing', async () => {
    await inject('empty');
    expect(await ask()).toMatchObject({
      args: '',
      ending: api === 'responses' ? 'response.completed' : 'stop',
    });
    await inject('content_filter');
    expect(await ask()).toMatchObject({
      args: '',
      ending: api === 'responses' ? 'response.incomplete' : 'content_filter',
    });
  });

  it('stream_error reports the failure inside the stream', async () => {
    await inject('stream_error');
    const seen = await ask().then(
      ({ ending }) => ending,
      (thrown: unknown) => (thrown instanceof APIError ? thrown.type : thrown),
    );
    expect(seen).toBe(api === 'responses' ? 'response.failed' : 'server_error');
  });

  it('an injected fault waits for the script and step it names', async () => {
    await inject('http_500', { script: 'cake', step: 1 });
    expect((await ask()).ending).toBe(good[api]);
    await inject('http_500', { script: 'other' });
    expect((await ask()).ending).toBe(good[api]);
  });
});

describe('faults without streaming', () => {
  it('cut_mid_stream breaks off the body', async () => {
    await inject('cut_mid_stream');
    await expect(client.responses.create({ model: 'm', input, tools })).rejects.toThrow(/terminated/);
    expect((await client.responses.create({ model: 'm', input, tools })).output).toHaveLength(2);
  });

  it('hang ends when the client times out', async () => {
    await inject('hang');
    await expect(client.responses.create({ model: 'm', input, tools }, { timeout: 200 })).rejects.toThrow(
      APIConnectionError,
    );
  });
});

describe('faults written into a recording', () => {
  it('strike in their order, as often as they say, and are in the log', async () => {
    await addScript(
      model.url,
      'cake',
      cake
        .replace('  - say: done', '  - say: done\n')
        .replace(
          '  - say: I look',
          '  - fault: [{ kind: http_500, times: 2 }, { kind: empty }]\n    say: I look',
        ),
    );
    await expect(asks.chat()).rejects.toMatchObject({ status: 500 });
    await expect(asks.chat()).rejects.toMatchObject({ status: 500 });
    expect((await asks.chat()).ending).toBe('stop');
    expect((await asks.chat()).ending).toBe('tool_calls');
    const logged = await loggedRequests(model.url);
    expect(logged.map((request) => request.fault)).toEqual(['http_500', 'http_500', 'empty', null]);
    expect(logged.every((request) => request.script === 'cake' && request.step === 0)).toBe(true);
  });
});

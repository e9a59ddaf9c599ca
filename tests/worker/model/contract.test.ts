// Both APIs, one behaviour: the scripted model's answers and faults as the harness gets to see them.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConversationEntry, ResponseEntry, ToolResultEntry } from '../../../core/journal.ts';
import type { ModelOptions } from '../../../worker/model/create-model.ts';
import type { Model, ModelAnswer, ModelRequest, ModelWait } from '../../../worker/model/model.ts';
import { modelAt, useScriptedModel } from './server.ts';

const SCRIPT = `
match: paint the shed
steps:
  - say: I look at the shed first.
    thinking: Sheds are usually brown.
    tools:
      - { name: shell, arguments: { command: 'ls "shed"' } }
      - { name: read_file, arguments: { path: shed.txt } }
  - say: The shed is green now.
`;

const tools = ['shell', 'read_file'].map((name) => ({
  name,
  description: `The tool ${name}.`,
  parameters: { type: 'object', properties: {}, additionalProperties: true },
}));

const { signal } = new AbortController();

function requestOf(...entries: readonly ConversationEntry[]): ModelRequest {
  const first: ConversationEntry = { kind: 'message', text: 'please paint the shed' };
  return { instructions: 'You paint.', entries: [first, ...entries], tools, images: new Map() };
}

describe.each(['responses', 'chat', 'messages'] as const)('a model behind %s', (api) => {
  const server = useScriptedModel({});
  const model = (changes: Partial<ModelOptions> = {}): Model =>
    modelAt(server, {
      api,
      retry: { firstMs: 5, maxMs: 20, maxRetryAfterMs: 2000 },
      idleTimeoutMs: 30_000,
      ...changes,
    });

  /** The model's answer to the request and these entries after it. */
  const ask = (...entries: readonly ConversationEntry[]): Promise<ModelAnswer> =>
    model().respond(requestOf(...entries), { signal });

  beforeEach(async () => {
    await server.reset();
    await server.addScript('shed', SCRIPT);
  });

  it('gives text, parallel calls and usage, and streams the text', async () => {
    let streamed = '';
    const onDelta = (text: string): void => void (streamed += text);
    const { response, ending } = await model().respond(requestOf(), { signal, onDelta });
    expect(ending).toBe('complete');
    expect(response.text).toBe('I look at the shed first.');
    expect(streamed).toBe(response.text);
    expect(response.toolCalls.map((call) => [call.name, JSON.parse(call.argumentsText)])).toEqual([
      ['shell', { command: 'ls "shed"' }],
      ['read_file', { path: 'shed.txt' }],
    ]);
    expect(response.usage.inputTokens).toBeGreaterThan(0);
    expect(response.usage.outputTokens).toBeGreaterThan(0);
  });

  it('sends back what the model said and did, and gets the next step, mostly from the cache', async () => {
    const { response } = await ask();
    const results = resultsOf(response);
    // What a database gives back has its keys in another order.
    const reordered: ConversationEntry = JSON.parse(JSON.stringify(sortKeys(response)));
    const next = await ask(reordered, ...results);
    expect(next.response.text).toBe('The shed is green now.');
    expect(next.response.usage.cachedTokens).toBeGreaterThan(0);
  });

  it.each(['rate_limited', 'http_500', 'cut_mid_stream', 'stream_error'])(
    'tries again after %s and gets the whole answer',
    async (kind) => {
      await server.inject({ kind, times: 2 });
      const waits: ModelWait[] = [];
      const undisturbed = await model().respond(requestOf(), { signal, onWait: (wait) => waits.push(wait) });
      expect(waits).toHaveLength(2);
      expect(waits[1]?.waitedMs).toBe(waits[0]?.delayMs);
      expect(undisturbed.response.toolCalls).toHaveLength(2);
      expect((await server.requests()).map(({ fault }) => fault)).toEqual([kind, kind, null]);
    },
  );

  it('waits as long as Retry-After says', async () => {
    await server.inject({ kind: 'rate_limited', retry_after: 0.3 });
    const startedAt = performance.now();
    await ask();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290);
  });

  it('does not wait for a server that asks for more patience than is allowed', async () => {
    await server.inject({ kind: 'rate_limited', retry_after: 3600 });
    await expect(ask()).rejects.toMatchObject({
      code: 'model_overloaded',
    });
    expect(await server.requests()).toHaveLength(1);
  });

  it('gives up with the last fault when the attempts are spent', async () => {
    await server.inject({ kind: 'http_500', times: 9 });
    await expect(ask()).rejects.toMatchObject({
      code: 'model_unreachable',
      retry: 'later',
    });
    expect(await server.requests()).toHaveLength(4);
  });

  it('takes silence in the middle of an answer for a fault', async () => {
    await server.inject({ kind: 'hang' });
    const { response } = await model({ idleTimeoutMs: 200 }).respond(requestOf(), { signal });
    expect(response.toolCalls).toHaveLength(2);
    expect(await server.requests()).toHaveLength(2);
  });

  it('refuses at once, and without the key in it, when the key or the model is wrong', async () => {
    const badKey = model({ apiKey: 'sk-refused' }).respond(requestOf(), { signal });
    await expect(badKey).rejects.toMatchObject({ code: 'model_refused', retry: 'never' });
    await expect(badKey).rejects.not.toThrow(/sk-refused/);
    const badName = model({ name: 'no-such-model' }).respond(requestOf(), { signal });
    await expect(badName).rejects.toMatchObject({ code: 'model_refused' });
    await expect(badName).rejects.toThrow(/no-such-model/);
  });

  it('tells an overflow of the context from other refusals', async () => {
    await server.inject({ kind: 'context_overflow' });
    await expect(ask()).rejects.toMatchObject({
      code: 'model_context_full',
    });
  });

  it('says when the content filter ended an answer, and when it is empty', async () => {
    await server.inject({ kind: 'content_filter' }, { kind: 'empty' });
    const filtered = await ask();
    expect(filtered).toMatchObject({ ending: 'filtered', response: { toolCalls: [] } });
    const empty = await ask();
    expect(empty).toMatchObject({ ending: 'complete', response: { text: '', toolCalls: [] } });
  });

  it('returns invalid arguments as they are and can send them back', async () => {
    await server.inject({ kind: 'invalid_json' });
    const { response } = await ask();
    const [call] = response.toolCalls;
    expect(() => JSON.parse(call?.argumentsText ?? '{}')).toThrow(SyntaxError);
    const next = await ask(response, ...resultsOf(response));
    expect(next.response.toolCalls).toHaveLength(2);
  });

  it('ends at once with the reason when it is aborted, in the answer and in a pause', async () => {
    const reason = new Error('enough');
    for (const fault of [{ kind: 'hang' }, { kind: 'rate_limited', retry_after: 2 }]) {
      await server.inject(fault);
      const abort = new AbortController();
      const startedAt = performance.now();
      const answer = model().respond(requestOf(), { signal: abort.signal });
      setTimeout(() => abort.abort(reason), 100);
      await expect(answer).rejects.toBe(reason);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    }
  });

  it('begins each request with the whole one before', async () => {
    const { response } = await ask();
    const results = resultsOf(response);
    await ask(response, ...results);
    const [first, second] = (await server.requests()).map(({ body }) => JSON.stringify(body));
    // All but the brackets that close the list and the body.
    expect(second?.startsWith(first?.slice(0, -2) ?? '-')).toBe(true);
  });

  it('shows pictures of messages and of tool results', async () => {
    const { response } = await ask();
    const results = resultsOf(response).map((entry, index) => ({
      ...entry,
      imageArtifactIds: [index === 0 ? 'shed' : 'lost'],
    }));
    const images = new Map([['shed', { mimeType: 'image/png', base64: 'AAAA' }]]);
    await model().respond({ ...requestOf(response, ...results), images }, { signal });
    const sent = JSON.stringify((await server.requests()).at(-1)?.body);
    const picture = '"media_type":"image/png","data":"AAAA"';
    expect(sent).toContain(api === 'messages' ? picture : 'data:image/png;base64,AAAA');
    expect(sent).toContain('lost is no longer available');
  });
});

it('a server that is not there is unreachable, and the message names it', async () => {
  const model = modelAt({ url: 'http://127.0.0.1:9/v1' }, { retry: { maxTries: 2 } });
  const answer = model.respond(requestOf(), { signal });
  await expect(answer).rejects.toMatchObject({ code: 'model_unreachable' });
  await expect(answer).rejects.toThrow(/127\.0\.0\.1:9/);
});

/** A result for each call of a response. */
function resultsOf({ toolCalls }: ResponseEntry): readonly ToolResultEntry[] {
  return toolCalls.map(({ callId }) => ({ kind: 'tool_result', callId, ok: true, output: 'as you see' }));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sortKeys(Reflect.get(value, key))]));
}

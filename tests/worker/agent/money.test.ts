// What a turn costs, the budgets that end it, and the model that stands in for another.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { costOf, type PriceTable, sumOf } from '../../../core/price.ts';
import { withFallback } from '../../../worker/model/fallback.ts';
import { type Model, singleMessage } from '../../../worker/model/model.ts';
import { modelAt, type ScriptedModel, startScriptedModel, useScriptedModel } from '../model/server.ts';
import { useTestSandbox } from './sandbox.ts';
import { newTurn } from './turn.ts';

const prices: PriceTable = {
  currency: 'EUR',
  models: { scripted: { input: 2, cached: 0.5, output: 10 }, other: { input: 1, cached: 1, output: 1 } },
};
const WORK = `
match: spend
steps:
  - tools: [{ name: shell, arguments: { command: 'true' } }]
    usage: { input_tokens: 1000000, cached_tokens: 0, output_tokens: 100000 }
  - tools: [{ name: shell, arguments: { command: 'true' } }]
    usage: { input_tokens: 1100000, cached_tokens: 1000000, output_tokens: 100000 }
  - say: Spent.
    usage: { input_tokens: 1200000, cached_tokens: 1200000, output_tokens: 0 }
`;

describe('money', () => {
  const usage = { inputTokens: 1_000_000, cachedTokens: 400_000, outputTokens: 200_000 };

  it('counts cached input at its own price, and knows no price of an unknown model', () => {
    expect(costOf(prices, 'scripted', usage)).toBeCloseTo(0.6 * 2 + 0.4 * 0.5 + 0.2 * 10);
    expect(costOf(prices, 'unknown', usage)).toBeNull();
  });

  it('is not summed up where a part of it is not known', () => {
    expect(sumOf(prices, [1, 2])).toEqual({ amount: 3, currency: 'EUR' });
    expect(sumOf(prices, [1, null])).toBeUndefined();
    expect(sumOf(prices, [])).toBeUndefined();
  });
});

describe('a turn with prices', () => {
  const test = useTestSandbox('money');
  const server = useScriptedModel({ work: WORK });
  const attempt = () => newTurn(test, server, 'responses', 'spend');
  /** More than the recording says that it used, or the conversation would be cut. */
  const contextTokens = 10_000_000;

  it('says what it cost; without a price it says nothing', async () => {
    const { usage } = await attempt().run({ prices, contextTokens });
    expect(usage.cost?.currency).toBe('EUR');
    expect(usage.cost?.amount).toBeCloseTo(2 + 1 + 0.2 + 0.5 + 1 + 0.6);
    expect((await attempt().run({ contextTokens })).usage.cost).toBeUndefined();
  });

  it.each([
    ['tokens', { maxTokens: 2_000_000 }, 2],
    ['money', { maxCost: 3 }, 1],
  ] as const)('ends when its %s are spent, and goes on with more', async (what, limit, steps) => {
    const turn = attempt();
    const budget = { maxSteps: 50, maxMs: 60_000 };
    const spent = await turn.run({ prices, contextTokens, budget: { ...budget, ...limit } });
    expect(spent).toMatchObject({ kind: 'budget_spent', what, usage: { steps } });
    expect((await turn.entries()).at(-1)?.entry.kind).toBe('tool_result');
    expect(await turn.run({ prices, contextTokens, budget })).toMatchObject({
      kind: 'finished',
      text: 'Spent.',
    });
  });
});

describe('a fallback model', () => {
  let first: ScriptedModel;
  let second: ScriptedModel;
  beforeEach(async () => {
    const saying = (answer: string) =>
      startScriptedModel({ hello: `match: hello\nsteps: [{ say: ${answer} }]` });
    [first, second] = await Promise.all([saying('I am the first.'), saying('I am the second.')]);
  });
  afterEach(() => Promise.all([first.close(), second.close()]));

  const modelOf = (server: ScriptedModel, name: string): Model =>
    modelAt(server, { api: 'chat', name, retry: { maxTries: 3 } });
  const ask = async (model: Model, signal = new AbortController().signal) => {
    const { response } = await model.respond(singleMessage('x', 'hello'), { signal });
    return `${response.model}: ${response.text}`;
  };
  const pair = (standInMs: number, switches: string[] = []): Model =>
    withFallback(modelOf(first, 'big'), modelOf(second, 'small'), {
      standInMs,
      onSwitch: (reason, to) => switches.push(`${to}: ${reason}`),
    });

  it('is not asked while the first one answers, also after single faults', async () => {
    await first.inject({ kind: 'http_500', times: 2 });
    expect(await ask(pair(60_000))).toBe('big: I am the first.');
    expect(await second.requests()).toEqual([]);
  });

  it('stands in after the configured failures, for a while, and then the first one is asked again', async () => {
    await first.inject({ kind: 'rate_limited', retry_after: 0, times: 3 });
    const switches: string[] = [];
    const model = pair(60_000, switches);
    expect(await ask(model)).toBe('small: I am the second.');
    expect(await ask(model)).toBe('small: I am the second.');
    expect(await first.requests()).toHaveLength(3);
    expect(switches).toEqual([expect.stringMatching(/^small: .*overloaded/)]);

    await first.inject({ kind: 'http_500', times: 3 });
    const soon = pair(0);
    expect(await ask(soon)).toBe('small: I am the second.');
    expect(await ask(soon)).toBe('big: I am the first.');
  });

  it('does not hide what only a person can mend, nor a stop', async () => {
    await first.inject({ kind: 'http_401' });
    await expect(ask(pair(0))).rejects.toMatchObject({ code: 'model_refused' });
    await first.inject({ kind: 'context_overflow' });
    await expect(ask(pair(0))).rejects.toMatchObject({ code: 'model_context_full' });
    await first.inject({ kind: 'hang' });
    await expect(ask(pair(0), AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await second.requests()).toEqual([]);
  });
});

// Queues, shared runs, aborts, time limits, polling and back-off.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { backoffMs, coalesced, poll, serial, untilAborted, within } from '../../core/async.ts';

describe('a serial queue', () => {
  it('begins work only when all earlier work has ended, in the order of the calls', async () => {
    const queue = serial();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const runs = [
      queue(async () => {
        seen.push('first begins');
        await first.promise;
        seen.push('first ends');
      }),
      queue(async () => void seen.push('second')),
    ];
    await sleep(0);
    expect(seen).toEqual(['first begins']);
    first.resolve();
    await Promise.all(runs);
    expect(seen).toEqual(['first begins', 'first ends', 'second']);
  });

  it('gives each call its own result, and goes on after a failure', async () => {
    const queue = serial();
    const failed = queue(() => Promise.reject(new Error('broken')));
    const next = queue(async () => 7);
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toBe(7);
  });
});

describe('coalesced work', () => {
  it('shares one further run among all calls during a run', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    const work = coalesced<string>(async () => gates[runs++]?.promise);
    const calls = [work('a'), work('a'), work('a')];
    expect(runs).toBe(1);
    gates[0]?.resolve();
    gates[1]?.resolve();
    await Promise.all(calls);
    expect(runs).toBe(2);
    await work('a');
    expect(runs).toBe(3);
  });

  it('does not wait for another key', async () => {
    const begun: string[] = [];
    const gate = Promise.withResolvers<void>();
    const work = coalesced(async (key: string) => {
      begun.push(key);
      await gate.promise;
    });
    const calls = [work('a'), work('b')];
    expect(begun).toEqual(['a', 'b']);
    gate.resolve();
    await Promise.all(calls);
  });

  it('runs again after a failure, which only the calls of that run see', async () => {
    let runs = 0;
    const work = coalesced<void>(async () => {
      if (++runs === 1) throw new Error('broken');
    });
    const [failed, next] = [work(), work()];
    await expect(failed).rejects.toThrow('broken');
    await next;
    expect(runs).toBe(2);
  });
});

describe('work until an abort', () => {
  const never = new Promise<never>(() => undefined);

  it('settles as the work does', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(signal, Promise.resolve(7))).toBe(7);
    await expect(untilAborted(signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('rejects with the reason of the signal, also of one that has aborted before', async () => {
    const abort = new AbortController();
    const waiting = untilAborted(abort.signal, never);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(untilAborted(abort.signal, Promise.resolve(7))).rejects.toThrow('enough');
  });

  it('rejects with what onAbort returns, and ignores that the work fails later', async () => {
    const abort = new AbortController();
    const work = Promise.withResolvers<void>();
    const waiting = untilAborted(abort.signal, work.promise, () => new Error('stopped'));
    abort.abort();
    await expect(waiting).rejects.toThrow('stopped');
    work.reject(new Error('too late'));
    await sleep(0);
  });
});

describe('work within a time', () => {
  it('settles as the work does where that is in time', async () => {
    expect(await within(60_000, Promise.resolve(7), () => 8)).toBe(7);
    await expect(within(60_000, Promise.reject(new Error('broken')), () => 8)).rejects.toThrow('broken');
  });

  it('settles as the substitute does where the work is late', async () => {
    const never = new Promise<number>(() => undefined);
    expect(await within(1, never, () => 8)).toBe(8);
    const late = within(1, never, () => {
      throw new Error('late');
    });
    await expect(late).rejects.toThrow('late');
  });
});

describe('polling', () => {
  it('resolves with the first thing that is found', async () => {
    let looks = 0;
    const found = await poll(() => (++looks === 3 ? 'here' : undefined), { everyMs: 1 });
    expect([found, looks]).toEqual(['here', 3]);
  });

  it('resolves with undefined when the time is over, after one look at least', async () => {
    let looks = 0;
    const look = async (): Promise<undefined> => void looks++;
    expect(await poll(look, { everyMs: 10, timeoutMs: 0 })).toBeUndefined();
    expect(looks).toBe(1);
  });

  it('rejects with what a look throws, and with the reason of the signal', async () => {
    const abort = new AbortController();
    const look = (): undefined => abort.abort(new Error('enough')) as undefined;
    await expect(poll(look, { everyMs: 60_000, signal: abort.signal })).rejects.toThrow('enough');
    const broken = poll(() => Promise.reject(new Error('broken')), { everyMs: 1 });
    await expect(broken).rejects.toThrow('broken');
  });
});

it('the pause after a failure doubles with each further one, up to its limit', () => {
  const pauses = [1, 2, 3, 4, 5, 2_000].map((failures) =>
    backoffMs(failures, { firstMs: 500, maxMs: 3_000 }),
  );
  expect(pauses).toEqual([500, 1_000, 2_000, 3_000, 3_000, 3_000]);
});

// The queue on both of its backends: the same promises.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../core/log.ts';
import {
  consumeQueue,
  consumeRefreshes,
  openQueue,
  openRefreshQueue,
  type QueueOptions,
} from '../../db/transport/queue.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';

const log = createLog({ level: 'error' });
const WAIT_MS = 30_000;

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

async function until(what: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < 20_000; waitedMs += 50) {
    if (what()) return;
    await sleep(50);
  }
  throw new Error('it did not happen within 20 s');
}

describe.each(['PostgreSQL', 'Redis'] as const)('the queue on %s', (backend) => {
  const options = (): QueueOptions => ({
    databaseUrl: own.url,
    redisUrl: backend === 'Redis' ? part('TEST_REDIS_URL') : undefined,
    name: `turns-${randomUUID()}`,
    log,
  });

  it('gives each turn to one of its workers', async () => {
    const shared = options();
    const queue = openQueue(shared);
    const seen: string[] = [];
    const consumers = [1, 2].map(() => consumeQueue(shared, 2, async (turnId) => void seen.push(turnId)));
    try {
      for (let index = 0; index < 20; index += 1) await queue.add(`job-${index}`, `turn-${index}`, WAIT_MS);
      await until(() => seen.length >= 20);
      await sleep(200);
      expect(seen.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => `turn-${index}`).toSorted());
    } finally {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await queue.close();
    }
  });

  it('has a repo refreshed again and again by one of its workers, at once where asked, and no more when it is gone', async () => {
    const shared = options();
    const queue = openRefreshQueue(shared);
    const seen: string[] = [];
    const consumers = [1, 2].map(() => consumeRefreshes(shared, async (repo) => void seen.push(repo)));
    const count = (repo: string): number => seen.filter((one) => one === repo).length;
    try {
      await queue.every('shop', 300);
      await queue.every('shop', 300);
      await until(() => count('shop') >= 3);
      await queue.soon('ledger', 'abc');
      await queue.soon('ledger', 'abc');
      await until(() => count('ledger') >= 1);
      await queue.only(['ledger']);
      // What was on its way may still come; then nothing does, for three times as long as it is repeated in.
      let before = -1;
      for (let round = 0; round < 10 && count('shop') !== before; round += 1) {
        before = count('shop');
        await sleep(900);
      }
      expect([count('shop') - before, count('ledger')]).toEqual([0, 1]);
    } finally {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await queue.close();
    }
  });

  it('takes the same id once', async () => {
    const shared = options();
    const queue = openQueue(shared);
    const seen: string[] = [];
    await queue.add('same', 'turn', WAIT_MS);
    await queue.add('same', 'turn', WAIT_MS);
    await queue.add('other', 'last', WAIT_MS);
    const consumer = consumeQueue(shared, 1, async (turnId) => void seen.push(turnId));
    try {
      await until(() => seen.includes('last'));
      expect(seen).toEqual(['turn', 'last']);
    } finally {
      await consumer.close();
      await queue.close();
    }
  });
});

describe('a queue that is down', () => {
  it('refuses a turn instead of holding it up for ever', async () => {
    const queue = openQueue({
      databaseUrl: own.url,
      redisUrl: 'redis://127.0.0.1:1',
      name: 'down',
      log: createLog({ write: () => {} }),
    });
    const startedAt = performance.now();
    await expect(queue.add('a', 'turn', 1_000)).rejects.toMatchObject({
      code: 'queue_unreachable',
      retry: 'later',
    });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await queue.close();
  });

  it('works again after it was emptied', async () => {
    const shared = {
      databaseUrl: own.url,
      redisUrl: part('TEST_REDIS_URL'),
      name: `turns-${randomUUID()}`,
      log,
    };
    const seen: string[] = [];
    const queue = openQueue(shared);
    const consumer = consumeQueue(shared, 1, async (turnId) => void seen.push(turnId));
    const redis = new Redis(part('TEST_REDIS_URL'));
    try {
      await queue.add('a', 'first', WAIT_MS);
      await until(() => seen.includes('first'));
      const keys = await redis.keys(`bull:${shared.name}:*`);
      await redis.del(...keys);
      await queue.add('b', 'second', WAIT_MS);
      await until(() => seen.includes('second'));
      expect(seen).toEqual(['first', 'second']);
    } finally {
      redis.disconnect();
      await consumer.close();
      await queue.close();
    }
  });
});

// A part of the shared Redis that belongs to one test file.
import { randomBytes } from 'node:crypto';
import { part } from './environment.ts';

export interface TestRedis {
  readonly url: string;
  /** Put before every key and queue name. */
  readonly prefix: string;
}

/** The Redis of this run with a prefix that no other file has. Start a server of your own to flush or stop one. */
export function testRedis(): TestRedis {
  return { url: part('TEST_REDIS_URL'), prefix: `test-${process.pid}-${randomBytes(4).toString('hex')}` };
}

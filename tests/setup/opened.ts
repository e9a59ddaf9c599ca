// Things that the tests of one file or block share: opened before the first of them, closed after the last one.
import { afterAll, beforeAll } from 'vitest';

interface Closable {
  close(): Promise<unknown>;
}

/**
 * Stands for what `open` resolves with, in the tests of the file or block that calls this. What did not open is not
 * closed, so that the reason is what the report shows.
 */
export function opened<T extends Closable>(open: () => Promise<T>): T {
  let value: T | undefined;
  beforeAll(async () => {
    value = await open();
  });
  afterAll(() => value?.close());
  const handler: ProxyHandler<T> = {
    get: (_, key): unknown => {
      if (value === undefined) throw new Error(`${String(key)} is used before it is open`);
      const member: unknown = Reflect.get(value, key);
      return typeof member === 'function' ? member.bind(value) : member;
    },
  };
  // The target only carries the type: every property is read from the value.
  return new Proxy({} as T, handler);
}

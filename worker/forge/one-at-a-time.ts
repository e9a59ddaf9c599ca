// Work on the same thing one after the other within this process.

const tails = new Map<string, Promise<unknown>>();

/** Runs `work` after everything that was asked for earlier with the same key, whether that failed or not. */
export async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(key) ?? Promise.resolve();
  const mine = before.then(work, work);
  const tail = mine.then(
    () => undefined,
    () => undefined,
  );
  tails.set(key, tail);
  void tail.then(() => {
    if (tails.get(key) === tail) tails.delete(key);
  });
  return mine;
}

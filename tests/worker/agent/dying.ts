// Workers that die at a chosen moment: every journal and sandbox that shares the countdown fails from then on.
import type { Journal } from '../../../core/journal.ts';
import type { Sandbox } from '../../../sandbox/port/sandbox.ts';

export class Dead extends Error {}

/** Throws `Dead` at moment number `at`, counted from 0, and at each later one. */
export function dyingAt(at: number): () => void {
  let left = at;
  return () => {
    left -= 1;
    if (left < 0) throw new Dead();
  };
}

/** Whether a run ended because its worker died; other failures count as an end too. */
export function hasDied(run: Promise<unknown>): Promise<boolean> {
  return run.then(
    () => false,
    (thrown: unknown) => thrown instanceof Dead,
  );
}

/** Each append has two moments: before it and after it. */
export function dyingJournal(journal: Journal, moment: () => void): Journal {
  return {
    load: () => journal.load(),
    append: async (place, entries) => {
      moment();
      await journal.append(place, entries);
      moment();
    },
  };
}

/** Each command, read and write has two moments: before it and after it. */
export function dyingSandbox(sandbox: Sandbox, moment: () => void): Sandbox {
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    moment();
    const done = await work();
    moment();
    return done;
  };
  return {
    key: sandbox.key,
    fresh: sandbox.fresh,
    run: (command, options) => around(() => sandbox.run(command, options)),
    start: (command) => around(() => sandbox.start(command)),
    kill: (id, signal) => sandbox.kill(id, signal),
    read: (path, maxBytes) => around(() => sandbox.read(path, maxBytes)),
    write: (path, content) => around(() => sandbox.write(path, content)),
    connect: (port, waitMs) => sandbox.connect(port, waitMs),
    listen: (port, onConnection) => sandbox.listen(port, onConnection),
    close: () => sandbox.close(),
  };
}

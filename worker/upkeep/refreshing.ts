// Refreshes snapshots on a schedule, and soon after a turn had to use an older one.
import type { Log } from '../../core/log.ts';
import { consumeRefreshes, openRefreshQueue, type QueueOptions } from '../../db/transport/queue.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

/** Each look costs a fetch. */
const LOOK_EVERY_MS = 5 * 60_000;
const SCHEDULE_RETRY_MS = 60_000;

export interface Refreshing {
  /** Starts a background snapshot build for this commit. */
  readonly soon: (repo: string, commit: string) => void;
  close(): Promise<void>;
}

/**
 * Keeps the snapshots of these repos fresh on the engine that `place` names. Each engine has its own snapshots and its
 * own queue, which all workers on it share.
 */
export function startRefreshing(
  keeper: SnapshotKeeper,
  place: string,
  repos: readonly string[],
  options: QueueOptions,
): Refreshing {
  const { log } = options;
  const own = { ...options, name: `snapshots-${place}` };
  const queue = openRefreshQueue(own);
  const consumer = consumeRefreshes(own, (repo) => keeper.refresh(repo));
  const soon = (repo: string, reason: string): void => {
    queue
      .soon(repo, reason)
      .catch((error: unknown) => log.warn('a refresh could not be asked for', { error }));
  };
  const stopScheduling = untilDone(log, async () => {
    await queue.only(repos);
    for (const repo of repos) await queue.every(repo, LOOK_EVERY_MS);
    for (const repo of repos) soon(repo, `start-${Date.now()}`);
  });
  return {
    soon,
    close: async () => {
      stopScheduling();
      await consumer.close();
      await queue.close();
    },
  };
}

/** Repeats `work` until it succeeds: the queue may be away when a worker starts. */
function untilDone(log: Log, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const begin = (): void => {
    work().catch((error: unknown) => {
      log.warn('refreshes could not be scheduled', { error });
      if (!isStopped) timer = setTimeout(begin, SCHEDULE_RETRY_MS);
    });
  };
  begin();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

// When snapshots are looked at: on a schedule, when a turn found an older one, and when somebody begins to type.
import type { Log } from '../../core/log.ts';
import { consumeRefreshes, openRefreshQueue, type QueueOptions } from '../../db/transport/queue.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

/** How late a commit that nobody made a request for gets its snapshot. Looking costs a fetch. */
const LOOK_EVERY_MS = 5 * 60_000;
const SCHEDULE_RETRY_MS = 60_000;

export interface Refreshing {
  /** Has a snapshot of this commit built beside the turns. */
  readonly soon: (repo: string, commit: string) => void;
  close(): Promise<void>;
}

/**
 * Keeps the snapshots of these repos fresh on the engine that `place` names: each engine has its own snapshots,
 * and so a queue of its own, which all workers on it share.
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

/** Tries until it works; the queue may be away when a worker starts. */
function untilDone(log: Log, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const attempt = (): void => {
    work().catch((error: unknown) => {
      log.warn('refreshes could not be scheduled', { error });
      if (!isStopped) timer = setTimeout(attempt, SCHEDULE_RETRY_MS);
    });
  };
  attempt();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

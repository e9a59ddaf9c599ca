// Looks after what is left lying: lost turns are handed over again, overdue ones ended, old rows removed.
import type { Config } from '../../core/config/config.ts';
import { INBOX_KEEP_MS, RECONCILE_MS } from '../../core/limits.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../db/schema/database.ts';
import { reconcile } from '../../db/turns/reconciler.ts';
import type { Workspaces } from '../slack/workspaces.ts';
import { type Loop, startLoop } from './loop.ts';
import { remind } from './reminders.ts';
import { tellSnapshotFailures } from './snapshot-news.ts';

const PRUNE_EVERY_MS = 3_600_000;

/** Starts the caretaker. Several may run at once. */
export function startCaretaker(database: Database, config: Config, workspaces: Workspaces, log: Log): Loop {
  let prunedAt = Number.NEGATIVE_INFINITY;
  return startLoop(
    'caretaker',
    RECONCILE_MS,
    async () => {
      const { handedOver, expired } = await reconcile(database);
      if (handedOver.length + expired.length > 0) log.info('reconciled', { handedOver, expired });
      const reminded = await remind(database);
      if (reminded.length > 0) log.info('reminded', { reminded });
      const told = await tellSnapshotFailures(database, config, workspaces);
      if (told.length > 0) log.info('channels were told of failing snapshots', { told });
      if (performance.now() - prunedAt < PRUNE_EVERY_MS) return;
      prunedAt = performance.now();
      await prune(database);
    },
    log,
  );
}

async function prune(database: Database): Promise<void> {
  const em = database.em();
  await em.execute(`delete from inbox where received_at < now() - ? * interval '1 millisecond'`, [
    INBOX_KEEP_MS,
  ]);
  await em.execute(`delete from outbox where sent_at < now() - ? * interval '1 millisecond'`, [
    INBOX_KEEP_MS,
  ]);
}

// Maintenance: hands lost turns over again, ends overdue ones, reminds people, and removes old rows.
import type { Config } from '../../core/config/config.ts';
import { INBOX_KEEP_MS, RECONCILE_MS } from '../../core/limits.ts';
import type { Log } from '../../core/log.ts';
import { type Loop, startLoop } from '../../core/loop.ts';
import type { Database } from '../../db/schema/database.ts';
import { pruneTransport } from '../../db/transport/prune.ts';
import { reconcile } from '../../db/turns/reconciler.ts';
import type { Workspaces } from '../slack/workspaces.ts';
import { remind } from './reminders.ts';
import { tellSnapshotFailures } from './snapshot-news.ts';

const PRUNE_EVERY_MS = 3_600_000;

/** Starts the maintenance. Several processes may run it at once. */
export function startMaintenance(database: Database, config: Config, workspaces: Workspaces, log: Log): Loop {
  let prunedAt = Number.NEGATIVE_INFINITY;
  return startLoop(
    'maintenance',
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
      await pruneTransport(database.em(), INBOX_KEEP_MS);
    },
    log,
  );
}

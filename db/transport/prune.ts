// Removes rows of the inbox and the outbox that nothing refers to any more.
import type { EntityManager } from '../schema/database.ts';

/** Removes claimed keys and passed-on hand-overs that are older than `keepMs`. */
export async function pruneTransport(em: EntityManager, keepMs: number): Promise<void> {
  await em.execute(`delete from inbox where received_at < now() - ? * interval '1 millisecond'`, [keepMs]);
  await em.execute(`delete from outbox where sent_at < now() - ? * interval '1 millisecond'`, [keepMs]);
}

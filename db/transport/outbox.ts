// The outbox: hand-overs committed together with their cause, then passed on until they were taken.

import type { OutboxTopic } from '../entities/transport.ts';
import type { EntityManager } from '../schema/database.ts';
import { notify } from './notify.ts';

/** What the relay passes on. */
type RelayedTopic = Exclude<OutboxTopic, 'draw'>;

export interface Handover {
  readonly id: number;
  readonly topic: RelayedTopic;
  readonly turnId: string;
}

/** Adds a hand-over to the transaction of `em`. */
export async function handOver(em: EntityManager, topic: OutboxTopic, turnId: string): Promise<void> {
  await em.execute('insert into outbox (topic, turn_id) values (?, ?)', [topic, turnId]);
  await notify(em, 'outbox');
}

/**
 * Hand-overs to admission and to the queue that have not been passed on, oldest first. Topics are named, so that in
 * a rolling upgrade what a newer version hands over is left to that.
 */
export async function unsentHandovers(em: EntityManager, limit: number): Promise<readonly Handover[]> {
  const rows = await em.execute<{ id: string; topic: RelayedTopic; turn_id: string }[]>(
    `select id, topic, turn_id from outbox where sent_at is null and topic in ('admit', 'turn') order by id limit ?`,
    [limit],
  );
  return rows.map((row) => ({ id: Number(row.id), topic: row.topic, turnId: row.turn_id }));
}

/** Records that a hand-over was taken. */
export async function markSent(em: EntityManager, handover: Handover): Promise<void> {
  await em.execute('update outbox set sent_at = now() where id = ?', [handover.id]);
  if (handover.topic === 'turn') {
    await em.execute('update turn set enqueued_at = now() where id = ?', [handover.turnId]);
  }
}

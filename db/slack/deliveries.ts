// Deliveries: what Slack is to show, one row for each message, ephemeral line and reaction. A row is claimed
// with a lease, so that two processes never post the same one, and carries its outcome.
import { randomUUID } from 'node:crypto';
import { STATUS_UPDATE_MS } from '../../core/limits.ts';
import type { DeliveryKind } from '../entities/transport.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { notify } from '../transport/notify.ts';
import { takePost } from './pace.ts';

export interface WantedDelivery {
  /** Names it for ever, e.g. `status:<turn>`. */
  readonly dedupeKey: string;
  readonly kind: DeliveryKind;
  readonly sessionId: string | null;
  readonly turnId: string | null;
  /** The workspace; that of the session without it. */
  readonly teamId?: string;
  readonly channelId: string;
  readonly threadTs: string | null;
  readonly payload: unknown;
  /** Whether a change is to be shown as soon as the message may be updated again, not when it suits. */
  readonly urgent?: boolean;
}

/** A delivery that this process has the lease of. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly dedupeKey: string;
  readonly kind: DeliveryKind;
  /** Null for rows without a session and without a workspace of their own. */
  readonly teamId: string | null;
  readonly channelId: string;
  readonly threadTs: string | null;
  readonly payload: unknown;
  readonly version: number;
  readonly slackTs: string | null;
  /** An earlier attempt to post it may have worked: look for it first. */
  readonly uncertain: boolean;
  /** Attempts since the last success, this one included. */
  readonly attempts: number;
  /** Age of the message in Slack; 0 before it is there. */
  readonly ageMs: number;
}

/**
 * Says what Slack is to show, in the transaction of `em`. The same content again changes nothing; other
 * content replaces what was wanted before, also while that is being sent. True where something changed.
 */
export async function wantDelivery(em: EntityManager, wanted: WantedDelivery): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `insert into delivery (id, dedupe_key, kind, session_id, turn_id, channel_id, thread_ts, payload, team_id, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, (select team_id from session where id = ?)), clock_timestamp())
     on conflict (dedupe_key) do update set
       payload = excluded.payload, version = delivery.version + 1, abandoned = null,
       next_at = case when ? and delivery.abandoned is null
         then least(delivery.next_at, greatest(now(), delivery.sent_at + ? * interval '1 millisecond'))
         else delivery.next_at end
     where delivery.payload is distinct from excluded.payload
     returning 1`,
    [
      randomUUID(),
      wanted.dedupeKey,
      wanted.kind,
      wanted.sessionId,
      wanted.turnId,
      wanted.channelId,
      wanted.threadTs,
      JSON.stringify(wanted.payload),
      wanted.teamId ?? null,
      wanted.sessionId,
      wanted.urgent ?? false,
      STATUS_UPDATE_MS,
    ],
  );
  if (rows.length === 0) return false;
  await notify(em, 'delivery');
  return true;
}

/** The wanted payload of a delivery, null where there is none by this key. */
export async function wantedPayload(em: EntityManager, dedupeKey: string): Promise<unknown> {
  const rows = await em.execute<{ payload: unknown }[]>('select payload from delivery where dedupe_key = ?', [
    dedupeKey,
  ]);
  return rows[0]?.payload ?? null;
}

interface DueRow {
  readonly id: string;
  readonly dedupe_key: string;
  readonly kind: DeliveryKind;
  readonly team_id: string | null;
  readonly channel_id: string;
  readonly thread_ts: string | null;
  readonly payload: unknown;
  readonly version: number;
  readonly slack_ts: string | null;
  readonly attempted_at: Date | null;
  readonly attempts: number;
  readonly age_ms: number | null;
}

/** `prompt`: ephemeral lines and reactions, which people wait for at that moment. `thread`: messages. */
export type Lane = 'prompt' | 'thread';

/**
 * Takes the most pressing due delivery of a lane for `leaseMs`; null where none is due. New messages go before
 * updates, at the pace of their channel. A message waits for the earlier ones of its thread, so that parts keep
 * their order. Messages of the channels in `busy` are left.
 */
export async function claimDelivery(
  database: Database,
  leaseMs: number,
  busy: readonly string[],
  lane: Lane,
): Promise<ClaimedDelivery | null> {
  for (;;) {
    const claimed = await tryToClaim(database, leaseMs, busy, lane);
    if (claimed !== 'overtaken') return claimed;
  }
}

/** In how many ms the next delivery is due, where that is less than `withinMs`; null otherwise. */
export async function nextDelivery(em: EntityManager, withinMs: number): Promise<number | null> {
  const [next] = await em.execute<{ due_ms: number | null }[]>(
    `select (extract(epoch from min(next_at) - now()) * 1000)::float8 as due_ms from delivery
     where sent_version < version and abandoned is null and next_at > now()
       and next_at < now() + ? * interval '1 millisecond'`,
    [withinMs],
  );
  return next?.due_ms ?? null;
}

/** `overtaken`: another process posts in that channel at this moment, so something else is to be looked for. */
async function tryToClaim(
  database: Database,
  leaseMs: number,
  busy: readonly string[],
  lane: Lane,
): Promise<ClaimedDelivery | 'overtaken' | null> {
  return database.transaction(async (em) => {
    const rows = await em.execute<DueRow[]>(
      `select id, dedupe_key, kind, team_id, channel_id, thread_ts, payload, version, slack_ts, attempted_at, attempts,
         case when slack_ts is not null then extract(epoch from now() - created_at) * 1000 end as age_ms
       from delivery due
       where (kind = 'message') = ? and sent_version < version and abandoned is null and next_at <= now()
         and (leased_until is null or leased_until < now())
         and (kind <> 'message' or not channel_id = any(?::text[]))
         and (kind <> 'message' or not exists (
           select 1 from channel_pace pace
           where pace.team_id = coalesce(due.team_id, '') and pace.channel_id = due.channel_id
             and case when due.slack_ts is null then posts_at else updates_at end > now()))
         and (kind <> 'message' or slack_ts is not null or not exists (
           select 1 from delivery earlier where earlier.kind = 'message' and earlier.slack_ts is null
             and earlier.abandoned is null and earlier.channel_id = due.channel_id and earlier.team_id is not distinct from due.team_id
             and earlier.thread_ts is not distinct from due.thread_ts
             and (earlier.created_at, earlier.dedupe_key) < (due.created_at, due.dedupe_key)))
       order by case when slack_ts is null and kind <> 'agent_status' then 0 else 1 end, next_at, created_at
       limit 1 for update skip locked`,
      [lane === 'thread', textArray(busy)],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const posts = row.kind === 'message' && row.slack_ts === null;
    if (posts && !(await takePost(em, { teamId: row.team_id, channelId: row.channel_id })))
      return 'overtaken';
    await em.execute(
      `update delivery set leased_until = now() + ? * interval '1 millisecond', attempts = attempts + 1,
         attempted_at = coalesce(attempted_at, now()) where id = ?`,
      [leaseMs, row.id],
    );
    return {
      id: row.id,
      dedupeKey: row.dedupe_key,
      kind: row.kind,
      teamId: row.team_id,
      channelId: row.channel_id,
      threadTs: row.thread_ts,
      payload: row.payload,
      version: row.version,
      slackTs: row.slack_ts,
      uncertain: row.slack_ts === null && row.attempted_at !== null,
      attempts: row.attempts + 1,
      ageMs: Math.max(0, Number(row.age_ms ?? 0)),
    };
  });
}

/**
 * Records that Slack shows this version, and when the message is updated next. What changed while it was being
 * sent goes out as soon as the message may be updated again: it may be what people wait for.
 */
export async function markDelivered(
  em: EntityManager,
  delivery: ClaimedDelivery,
  slackTs: string | null,
  nextInMs: number,
): Promise<void> {
  await em.execute(
    `update delivery set slack_ts = coalesce(?, slack_ts), sent_version = greatest(sent_version, ?),
       sent_at = now(), leased_until = null, attempts = 0,
       next_at = now() + case when version > ? then ? else ? end * interval '1 millisecond' where id = ?`,
    [slackTs, delivery.version, delivery.version, STATUS_UPDATE_MS, nextInMs, delivery.id],
  );
}

/** Records that a message from an earlier attempt was found; its content may be of an older version. */
export async function markAdopted(
  em: EntityManager,
  delivery: ClaimedDelivery,
  slackTs: string,
): Promise<void> {
  await em.execute(
    `update delivery set slack_ts = ?, leased_until = null, attempts = 0, next_at = now() where id = ?`,
    [slackTs, delivery.id],
  );
}

/** Gives it back to be tried again later. `applied` is 'no' where Slack certainly did nothing. */
export async function putOffDelivery(
  em: EntityManager,
  delivery: ClaimedDelivery,
  delayMs: number,
  applied: 'no' | 'unknown',
): Promise<void> {
  await em.execute(
    `update delivery set leased_until = null, next_at = now() + ? * interval '1 millisecond',
       attempted_at = case when ? then null else attempted_at end where id = ?`,
    [delayMs, applied === 'no' && !delivery.uncertain, delivery.id],
  );
}

/** Forgets the message, which is gone from Slack: it is to be posted anew. */
export async function postAnew(em: EntityManager, delivery: ClaimedDelivery): Promise<void> {
  await em.execute(
    `update delivery set slack_ts = null, attempted_at = null, leased_until = null, next_at = now() where id = ?`,
    [delivery.id],
  );
}

/**
 * Gives it up with a reason. New content takes it up again, also what came while this was being sent, but not
 * before `restMs` have passed.
 */
export async function abandonDelivery(
  em: EntityManager,
  delivery: ClaimedDelivery,
  reason: string,
  restMs: number,
): Promise<void> {
  await em.execute(
    `update delivery set abandoned = case when version = ? then ?::text end, leased_until = null, attempts = 0,
       attempted_at = null, next_at = now() + ? * interval '1 millisecond' where id = ?`,
    [delivery.version, reason, restMs, delivery.id],
  );
}

/** Has what was given up in a thread tried once more: somebody has just spoken there, so it is open again. */
export async function reviveDeliveries(em: EntityManager, sessionId: string): Promise<void> {
  const rows = await em.execute<unknown[]>(
    `update delivery set abandoned = null, next_at = now()
     where session_id = ? and kind = 'message' and abandoned is not null returning 1`,
    [sessionId],
  );
  if (rows.length > 0) await notify(em, 'delivery');
}

function textArray(values: readonly string[]): string {
  return `{${values.map((value) => JSON.stringify(value)).join(',')}}`;
}

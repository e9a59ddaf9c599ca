// Alerts as rows: one for each fingerprint that is looked into, with a counter for what is like it.
import type { TurnDetails } from '../entities/session.ts';
import type { EntityManager } from '../schema/database.ts';
import { addDetails } from '../turns/admission.ts';

export interface AlertRow {
  readonly id: string;
  readonly sessionId: string;
  readonly turnId: string;
  readonly repeats: number;
  readonly muted: boolean;
}

export interface AlertPlace {
  readonly rule: string;
  readonly teamId: string;
  readonly channelId: string;
}

interface Row {
  readonly id: string;
  readonly session_id: string;
  readonly turn_id: string;
  readonly repeats: number;
  readonly muted: boolean;
}

const COLUMNS = 'alert.id, alert.session_id, alert.turn_id, alert.repeats, alert.muted';

/** An alert belongs to the workspace of its session. */
const WITH_SESSION = 'alert join session on session.id = alert.session_id';

/** Locks a rule's alerts in a channel until the transaction ends: of a burst, one message is the first. */
export async function lockAlerts(em: EntityManager, { rule, channelId }: AlertPlace): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`alert:${channelId}:${rule}`]);
}

/** The alert with this fingerprint whose quiet time has not passed. */
export async function quietAlert(
  em: EntityManager,
  { rule, teamId, channelId }: AlertPlace,
  fingerprint: string,
): Promise<AlertRow | null> {
  const rows = await em.execute<Row[]>(
    `select ${COLUMNS} from ${WITH_SESSION}
     where rule = ? and team_id = ? and alert.channel_id = ? and fingerprint = ? and quiet_until > now()
     order by alert.id desc limit 1`,
    [rule, teamId, channelId, fingerprint],
  );
  return toAlert(rows[0]);
}

/** The alert whose burst is still going on. */
export async function burstingAlert(
  em: EntityManager,
  { rule, teamId, channelId }: AlertPlace,
  burstMs: number,
): Promise<AlertRow | null> {
  const rows = await em.execute<Row[]>(
    `select ${COLUMNS} from ${WITH_SESSION} where rule = ? and team_id = ? and alert.channel_id = ?
       and first_at > now() - ? * interval '1 millisecond' order by alert.id desc limit 1`,
    [rule, teamId, channelId, burstMs],
  );
  return toAlert(rows[0]);
}

/** How many alerts of a rule were looked into in a workspace within the last hour. */
export async function alertsInHour(em: EntityManager, { rule, teamId }: AlertPlace): Promise<number> {
  const rows = await em.execute<{ count: string }[]>(
    `select count(*) as count from ${WITH_SESSION}
     where rule = ? and team_id = ? and first_at > now() - interval '1 hour'`,
    [rule, teamId],
  );
  return Number(rows[0]?.count ?? 0);
}

export interface NewAlert extends AlertPlace {
  readonly fingerprint: string;
  readonly sessionId: string;
  readonly turnId: string;
  readonly ts: string;
  readonly quietMs: number;
}

/** Adds an alert with its first message. */
export async function addAlert(em: EntityManager, alert: NewAlert): Promise<void> {
  const [row] = await em.execute<{ id: string }[]>(
    `insert into alert (rule, channel_id, fingerprint, session_id, turn_id, quiet_until)
     values (?, ?, ?, ?, ?, now() + ? * interval '1 millisecond') returning id`,
    [alert.rule, alert.channelId, alert.fingerprint, alert.sessionId, alert.turnId, alert.quietMs],
  );
  if (row !== undefined) await noteAlertMessage(em, row.id, alert);
}

/** Notes that a message was folded into an alert. */
export async function noteAlertMessage(
  em: EntityManager,
  alertId: string,
  message: { readonly channelId: string; readonly ts: string },
): Promise<void> {
  await em.execute('insert into alert_message (channel_id, ts, alert_id) values (?, ?, ?)', [
    message.channelId,
    message.ts,
    alertId,
  ]);
}

/** Counts one more of an alert, which begins its quiet time anew; gives the count. */
export async function countRepeat(em: EntityManager, alertId: string, quietMs: number): Promise<number> {
  const rows = await em.execute<{ repeats: number }[]>(
    `update alert set repeats = repeats + 1, last_at = now(),
       quiet_until = greatest(quiet_until, now() + ? * interval '1 millisecond') where id = ? returning repeats`,
    [quietMs, alertId],
  );
  return rows[0]?.repeats ?? 0;
}

/** Gives the alert of an edited message its new fingerprint; null where the message is no alert's. */
export async function refingerprint(
  em: EntityManager,
  message: { readonly teamId: string; readonly channelId: string; readonly ts: string },
  fingerprint: string,
): Promise<AlertRow | null> {
  const rows = await em.execute<Row[]>(
    `update alert set fingerprint = ? from alert_message, session
     where alert_message.alert_id = alert.id and alert_message.channel_id = ? and alert_message.ts = ?
       and session.id = alert.session_id and session.team_id = ? returning ${COLUMNS}`,
    [fingerprint, message.channelId, message.ts, message.teamId],
  );
  return toAlert(rows[0]);
}

/** An alert's turn has the texts of at most so many messages, the newest. */
const MESSAGES_MAX = 20;

/** Adds a message's text to a turn whose work has not begun, or replaces it; false where the work has begun. */
export async function addAlertText(
  em: EntityManager,
  turnId: string,
  message: { readonly ts: string; readonly text: string },
): Promise<boolean> {
  const [row] = await em.execute<{ details: TurnDetails }[]>(
    `select details from turn where id = ? and state = 'queued' and started_at is null for update`,
    [turnId],
  );
  if (row === undefined) return false;
  const others = (row.details.alert ?? []).filter(({ ts }) => ts !== message.ts);
  await addDetails(em, turnId, {
    alert: [...others, { ts: message.ts, text: message.text }].slice(-MESSAGES_MAX),
  });
  return true;
}

/** Keeps an alert and what is like it quiet for a while; `muted` is silent about the repeats too. */
export async function quietenAlert(
  em: EntityManager,
  turnId: string,
  quiet: { readonly forMs: number; readonly muted: boolean },
): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `update alert set quiet_until = now() + ? * interval '1 millisecond', muted = ? where turn_id = ? returning 1`,
    [quiet.forMs, quiet.muted, turnId],
  );
  return rows.length > 0;
}

function toAlert(row: Row | undefined): AlertRow | null {
  if (row === undefined) return null;
  const { id, repeats, muted } = row;
  return { id, sessionId: row.session_id, turnId: row.turn_id, repeats, muted };
}

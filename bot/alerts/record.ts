// An alert becomes a turn, or is folded into one that looks into it already: a burst is one turn, and what
// comes again within its quiet time is counted in the thread. All of it in one transaction, before the
// acknowledgement.
import { cappedMessage, repeatsMessage } from '../../blocks/messages/alert.ts';
import type { AlertRule } from '../../core/config/config.ts';
import { Session } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import {
  type AlertRow,
  addAlert,
  addAlertText,
  alertsInHour,
  burstingAlert,
  countRepeat,
  lockAlerts,
  noteAlertMessage,
  quietAlert,
  refingerprint,
} from '../../db/slack/alerts.ts';
import { addTurn, claimMessage, openSession } from '../../db/turns/requests.ts';
import { keepRepo } from '../../db/turns/session-settings.ts';
import { publishMessage, react, threadOf } from '../delivery/deliveries.ts';
import { type AppMessage, fingerprintOf } from './read.ts';

/** Alerts that come within this time of the first are one turn. */
const BURST_MS = 15_000;
const MINUTE_MS = 60_000;
/** Who asks where an alert does. */
const NOBODY = 'alert';

/** What became of an alert. */
export type AlertRecorded = 'turn' | 'folded' | 'capped' | 'updated' | 'duplicate';

/** Records an alert that matches a rule. */
export async function recordAlert(
  database: Database,
  rule: AlertRule,
  message: AppMessage,
): Promise<AlertRecorded> {
  const fingerprint = fingerprintOf(message.text);
  const { teamId, channelId } = message;
  const place = { rule: rule.name, teamId, channelId };
  return database.transaction(async (em) => {
    await lockAlerts(em, place);
    if (message.isEdit) {
      const edited = await refingerprint(em, message, fingerprint);
      if (edited !== null) {
        await addAlertText(em, edited.turnId, message);
        return 'updated';
      }
    }
    if (!(await claimMessage(em, message))) return 'duplicate';
    const quietMs = rule.quiet_minutes * MINUTE_MS;
    const same = await quietAlert(em, place, fingerprint);
    if (same !== null) {
      await noteAlertMessage(em, same.id, message);
      const repeats = await countRepeat(em, same.id, same.muted ? 0 : quietMs);
      if (!same.muted) await wantRepeats(em, same, repeats);
      return 'folded';
    }
    const burst = await burstingAlert(em, place, BURST_MS);
    if (burst !== null && (await addAlertText(em, burst.turnId, message))) {
      await noteAlertMessage(em, burst.id, message);
      return 'folded';
    }
    if ((await alertsInHour(em, place)) >= rule.per_hour) {
      await wantCapped(em, rule, message);
      return 'capped';
    }
    await addAlertTurn(em, rule, message, fingerprint, quietMs);
    return 'turn';
  });
}

async function addAlertTurn(
  em: EntityManager,
  rule: AlertRule,
  message: AppMessage,
  fingerprint: string,
  quietMs: number,
): Promise<void> {
  const requester = { id: NOBODY, name: `the rule ${rule.name}`, email: null };
  const thread = { teamId: message.teamId, channelId: message.channelId, threadTs: message.ts };
  const session = await openSession(em, thread, requester.id);
  await keepRepo(em, session.id, rule.repo);
  const text = rule.fix === 'at_once' ? `${INVESTIGATE} Then fix it.` : `${INVESTIGATE} ${CHANGE_NOTHING}`;
  const turnId = await addTurn(em, session, {
    kind: 'alert',
    state: 'queued',
    text,
    requester,
    messageTs: null,
    details: {
      alert: [{ ts: message.ts, text: message.text }],
      ...(rule.fix === 'at_once' ? {} : { readOnly: true }),
    },
    // A burst is waited for.
    delayMs: BURST_MS,
  });
  await addAlert(em, {
    rule: rule.name,
    teamId: message.teamId,
    channelId: message.channelId,
    fingerprint,
    sessionId: session.id,
    turnId,
    ts: message.ts,
    quietMs,
  });
  await appendEvents(em, session.id, turnId, [
    { type: 'turn.received', text, by: requester.id },
    { type: 'turn.queued', repo: session.repo ?? rule.repo, ahead: 0 },
  ]);
  await react(em, 'eyes', message.ts, { ...thread, sessionId: session.id, turnId });
}

const INVESTIGATE = 'Find out what causes this alert.';
const CHANGE_NOTHING =
  'Change no files. Answer with the cause in one sentence, the evidence (files and lines, output of commands), and the fix that you propose. Say so where the cause is not in this repo.';

async function wantRepeats(em: EntityManager, alert: AlertRow, repeats: number): Promise<void> {
  const session = await em.findOne(Session, { id: alert.sessionId });
  if (session === null) return;
  const place = threadOf(session, alert.turnId);
  await publishMessage(em, `alert-repeats:${alert.id}`, place, repeatsMessage(repeats));
}

/** Says in the alert's thread that the rule has reached its limit. A mention there starts a turn in the rule's repo. */
async function wantCapped(em: EntityManager, rule: AlertRule, message: AppMessage): Promise<void> {
  const { teamId, channelId, ts } = message;
  const session = await openSession(em, { teamId, channelId, threadTs: ts }, NOBODY);
  await keepRepo(em, session.id, rule.repo);
  const place = { sessionId: session.id, turnId: null, teamId, channelId, threadTs: ts };
  const key = `alert-capped:${teamId}:${channelId}:${ts}`;
  await publishMessage(em, key, place, cappedMessage(rule.name, rule.per_hour));
}

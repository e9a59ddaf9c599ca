// Admission: who asks, may they, and for which repo. It runs after the acknowledgement, is safe to repeat,
// and throws only where trying again can help.
import { filesLeft, notAllowed } from '../../blocks/messages/ephemeral.ts';
import type { Config } from '../../core/config/config.ts';
import type { Failure } from '../../core/errors.ts';
import type { PlanDecision } from '../../core/proposal.ts';
import { type Actor, EVERYONE, may, whoMay } from '../../core/rights/authority.ts';
import { type Attachments, Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { attachmentsOf } from '../../db/turns/attachments.ts';
import { chooseAttempt, choosingTurn } from '../../db/turns/choice.ts';
import { decidePlan } from '../../db/turns/plans.ts';
import { lockSession } from '../../db/turns/requests.ts';
import { answerWaiting, endTurn, stopTurn } from '../../db/turns/turns.ts';
import { takeReactionAway, tellPerson, threadOf } from '../delivery/deliveries.ts';
import { readChoice } from '../text/choice.ts';
import { keepFiles } from './files.ts';
import { type AdmissionOptions, type Known, lookUp } from './known.ts';
import { settle } from './settle.ts';

export type { AdmissionOptions } from './known.ts';

/** Admits a turn: it is queued, refused, or waits for a repo to be chosen. */
export async function admit(options: AdmissionOptions, turnId: string): Promise<void> {
  const em = options.database.em();
  const turn = await em.findOne(Turn, { id: turnId });
  if (turn === null || turn.state !== 'received') return;
  const session = await em.findOneOrFail(Session, { id: turn.sessionId });
  const known = await lookUp(options, session, turn);
  const allowed = may(options.config.people, 'start', known.actor);
  const failure = allowed ? null : await refusal(options, known.actor);
  await options.database.transaction(async (tx) => {
    // A stop touches turns that a worker has: see LockedSession for why the session is left alone then.
    if (turn.details.stop !== true) await lockSession(tx, session.id);
    if (!(await refresh(tx, turnId, known))) return;
    const kept = await takeFiles(tx, session, turn, known);
    if (failure !== null) {
      await wantRefusal(tx, options.config, session, turn, known.actor);
      return endTurn(tx, turnId, session.id, { state: 'refused', failure });
    }
    const beside = attachmentsOf({ ...turn.details, ...known.details, ...kept });
    if (turn.kind === 'answer' && (await takenByOpenTurn(tx, session.id, turn, known, beside))) return;
    await settle(tx, options.config, await tx.findOneOrFail(Turn, { id: turnId }, { refresh: true }), known);
  });
}

/** Writes what was looked up; false where somebody else admitted the turn meanwhile. */
async function refresh(em: EntityManager, turnId: string, known: Known): Promise<boolean> {
  const { id, name, email } = known.actor;
  const rows = await em.execute<unknown[]>(
    `update turn set requester = ?, text = ?, details = details || ?::jsonb
     where id = ? and state = 'received' returning 1`,
    [JSON.stringify({ id, name, email }), known.text, JSON.stringify(known.details), turnId],
  );
  return rows.length > 0;
}

/** What came with the request goes to its turn; the person hears of what did not. */
async function takeFiles(
  em: EntityManager,
  session: Session,
  turn: Turn,
  { files, actor }: Known,
): Promise<TurnDetails> {
  const details = await keepFiles(em, turn, files);
  if (Object.keys(details).length === 0) return details;
  await em.execute('update turn set details = details || ?::jsonb where id = ?', [
    JSON.stringify(details),
    turn.id,
  ]);
  if (files.left.length === 0) return details;
  const place = threadOf(session, turn.id);
  await tellPerson(em, `files-left:${turn.id}`, place, actor.id, filesLeft(files.left));
  return details;
}

/** A word to the turn under way; false where that is over and the word stands for itself. */
async function takenByOpenTurn(
  em: EntityManager,
  sessionId: string,
  turn: Turn,
  known: Known,
  given: Attachments,
): Promise<boolean> {
  const said = { text: known.text, by: known.actor.id };
  const beside = Object.keys(given).length === 0 ? undefined : { turnId: turn.id, ...given };
  const taken =
    turn.details.stop === true
      ? await stopAll(em, sessionId, turn.id, known.actor.id)
      : (await choose(em, sessionId, said)) ||
        (await decidePlan(em, sessionId, { ...decisionIn(said), beside })) ||
        (await answerWaiting(em, sessionId, { ...said, ...(beside === undefined ? {} : { beside }) }));
  if (taken || turn.details.stop === true) {
    await em.execute(
      `update turn set state = 'done', state_since = now(), finished_at = now() where id = ?`,
      [turn.id],
    );
    return true;
  }
  await em.execute(`update turn set kind = 'follow_up' where id = ?`, [turn.id]);
  await appendEvents(em, sessionId, turn.id, [{ type: 'turn.received', text: known.text, by: said.by }]);
  return false;
}

/** A reply that is only a number, while several attempts wait for a choice. */
async function choose(
  em: EntityManager,
  sessionId: string,
  { text, by }: { readonly text: string; readonly by: string },
): Promise<boolean> {
  const place = readChoice(text);
  const choosing = place === null ? null : await choosingTurn(em, sessionId);
  if (place === null || choosing === null) return false;
  return (await chooseAttempt(em, choosing, place, by)) === 'chosen';
}

const GO = /^\s*(?:go|go ahead|go for it|do it|yes|ok|okay|yes,? go)\s*[.!]*\s*$/i;

/** A reply to a plan agrees to it, or says what should be different. */
function decisionIn({ text, by }: { readonly text: string; readonly by: string }): PlanDecision {
  return GO.test(text) ? { how: 'go', by, text: '' } : { how: 'change', by, text };
}

async function stopAll(em: EntityManager, sessionId: string, exceptId: string, by: string): Promise<boolean> {
  const rows = await em.execute<{ id: string }[]>(
    `select id from turn where session_id = ? and id <> ? and kind not in ('answer', 'attempt')
       and state in ('received', 'needs_repo', 'queued', 'running', 'waiting') order by position desc`,
    [sessionId, exceptId],
  );
  for (const { id } of rows) await stopTurn(em, id, by);
  return rows.length > 0;
}

async function refusal({ config, directory }: AdmissionOptions, actor: Actor): Promise<Failure> {
  const message = `${actor.name} may not start work here.`;
  const entries = whoMay(config.people, 'start');
  if (entries.length === 0)
    return {
      code: 'not_allowed',
      message,
      advice: 'Nobody may yet: people.start in the configuration names no one.',
    };
  const who = await Promise.all(
    entries.map(async (entry) => {
      if (entry === EVERYONE) return 'every full member of this workspace';
      return entry.includes('@') ? entry : directory.nameOf(entry);
    }),
  );
  return { code: 'not_allowed', message, advice: `These people may: ${who.join(', ')}.` };
}

/** Said to the person alone: the channel has nothing of it, not even the eyes on their message. */
async function wantRefusal(
  em: EntityManager,
  config: Config,
  session: Session,
  turn: Turn,
  actor: Actor,
): Promise<void> {
  const message = notAllowed('start', whoMay(config.people, 'start', actor));
  const place = threadOf(session, turn.id);
  await tellPerson(em, `refused:${turn.id}`, place, turn.requester.id, message);
  if (typeof turn.messageTs !== 'string') return;
  await takeReactionAway(em, 'eyes', turn.messageTs, place);
}

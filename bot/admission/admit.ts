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
import { addDetails, endAnswer, makeFollowUp, noteAdmission } from '../../db/turns/admission.ts';
import { attachmentsOf } from '../../db/turns/attachments.ts';
import { chooseAttempt, choosingTurn } from '../../db/turns/choice.ts';
import { openRequests } from '../../db/turns/open-turns.ts';
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
    const { id, name, email } = known.actor;
    const { text, details } = known;
    if (!(await noteAdmission(tx, turnId, { requester: { id, name, email }, text, details }))) return;
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

/** What came with the request goes to its turn; the person hears of what did not. */
async function takeFiles(
  em: EntityManager,
  session: Session,
  turn: Turn,
  { files, actor }: Known,
): Promise<TurnDetails> {
  const details = await keepFiles(em, turn, files);
  if (Object.keys(details).length === 0) return details;
  await addDetails(em, turn.id, details);
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
    await endAnswer(em, turn.id);
    return true;
  }
  await makeFollowUp(em, turn.id);
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
  const open = (await openRequests(em, sessionId)).filter(({ id }) => id !== exceptId);
  // The newest first: no queued turn may begin because an earlier one was stopped.
  for (const { id } of open.toReversed()) await stopTurn(em, id, by);
  return open.length > 0;
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

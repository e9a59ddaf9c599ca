// Admission: who asks, may they, and for which repo. It runs after the acknowledgement, is safe to repeat,
// and throws only where trying again can help.
import type { WebClient } from '@slack/web-api';
import { notAllowed } from '../../blocks/ephemeral.ts';
import { type Actor, EVERYONE, may, whoMay } from '../../core/authority.ts';
import type { Config } from '../../core/config.ts';
import { type Failure, ThreadsmithError } from '../../core/errors.ts';
import type { Database, EntityManager } from '../../db/database.ts';
import { wantDelivery } from '../../db/deliveries.ts';
import { Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/events.ts';
import { lockSession } from '../../db/requests.ts';
import { answerWaiting, endTurn, moveTurn, stopTurn } from '../../db/turns.ts';
import { ephemeral } from '../delivery/payload.ts';
import { mentionedUsers, readableText } from '../intake/text.ts';
import type { Directory } from '../slack/directory.ts';
import { readAttempts } from './attempts.ts';
import { queueReceived } from './queue.ts';
import { chooseRepo, type RepoChoice, withoutOptions } from './repo.ts';
import { namesOf, readThread } from './thread.ts';

export interface AdmissionOptions {
  readonly database: Database;
  readonly config: Config;
  readonly client: WebClient;
  readonly directory: Directory;
}

/** What Slack was asked about a turn. */
interface Known {
  readonly actor: Actor;
  readonly text: string;
  readonly choice: RepoChoice;
  readonly details: TurnDetails;
}

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
    if (failure !== null) {
      await wantRefusal(tx, options.config, session, turn, known.actor);
      return endTurn(tx, turnId, session.id, { state: 'refused', failure });
    }
    if (turn.kind === 'answer' && (await takenByOpenTurn(tx, session.id, turn, known))) return;
    await settleRepo(tx, session.id, turnId, known.choice);
  });
}

async function lookUp(options: AdmissionOptions, session: Session, turn: Turn): Promise<Known> {
  const { directory, config, client } = options;
  const actor = await personOf(directory, turn.requester.id);
  const names = await namesOf(directory, mentionedUsers(turn.text));
  const said = readableText(turn.text, names);
  const choice: RepoChoice =
    typeof session.repo === 'string'
      ? { kind: 'chosen', repo: session.repo }
      : chooseRepo({
          repos: config.repos,
          text: said,
          channelId: session.channelId,
          channelName: await directory.channelName(session.channelId),
        });
  const { messageTs } = turn;
  const inThread = turn.kind === 'mention' && typeof messageTs === 'string' && messageTs !== session.threadTs;
  const details = inThread
    ? {
        thread: await readThread(client, directory, {
          channelId: session.channelId,
          threadTs: session.threadTs,
          messageTs,
        }),
      }
    : {};
  const { attempts, text } = readAttempts(withoutOptions(said));
  return { actor, text, choice, details: { ...details, ...(attempts > 1 ? { attempts } : {}) } };
}

/** Somebody Slack does not know is nobody in particular, and may nothing unless named. */
async function personOf(directory: Directory, userId: string): Promise<Actor> {
  try {
    return await directory.actor(userId);
  } catch (error) {
    if (error instanceof ThreadsmithError && error.code === 'slack_refused')
      return { id: userId, name: userId, email: null, isMember: false };
    throw error;
  }
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

/** A word to the turn under way; false where that is over and the word stands for itself. */
async function takenByOpenTurn(
  em: EntityManager,
  sessionId: string,
  turn: Turn,
  known: Known,
): Promise<boolean> {
  const said = { text: known.text, by: known.actor.id };
  const taken =
    turn.details.stop === true
      ? await stopAll(em, sessionId, turn.id, known.actor.id)
      : await answerWaiting(em, sessionId, said);
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

async function stopAll(em: EntityManager, sessionId: string, exceptId: string, by: string): Promise<boolean> {
  const rows = await em.execute<{ id: string }[]>(
    `select id from turn where session_id = ? and id <> ? and kind <> 'answer'
       and state in ('received', 'needs_repo', 'queued', 'running', 'waiting') order by position desc`,
    [sessionId, exceptId],
  );
  for (const { id } of rows) await stopTurn(em, id, by);
  return rows.length > 0;
}

async function settleRepo(
  em: EntityManager,
  sessionId: string,
  turnId: string,
  choice: RepoChoice,
): Promise<void> {
  if (choice.kind === 'ask') {
    await moveTurn(em, turnId, 'received', 'needs_repo');
    await appendEvents(em, sessionId, turnId, [
      { type: 'turn.repo_needed', choices: choice.choices, reason: choice.reason },
    ]);
    return;
  }
  await em.execute('update session set repo = coalesce(repo, ?) where id = ?', [choice.repo, sessionId]);
  await queueReceived(em, turnId, 'received');
}

async function refusal({ config, directory }: AdmissionOptions, actor: Actor): Promise<Failure> {
  const message = `${actor.name} may not start work here.`;
  const entries = whoMay(config.people, 'start');
  if (entries.length === 0)
    return {
      code: 'not_allowed',
      message,
      wayOut: 'Nobody may yet: people.start in the configuration names no one.',
    };
  const who = await Promise.all(
    entries.map(async (entry) => {
      if (entry === EVERYONE) return 'every full member of this workspace';
      return entry.includes('@') ? entry : directory.nameOf(entry);
    }),
  );
  return { code: 'not_allowed', message, wayOut: `These people may: ${who.join(', ')}.` };
}

async function wantRefusal(
  em: EntityManager,
  config: Config,
  session: Session,
  turn: Turn,
  actor: Actor,
): Promise<void> {
  const { text, blocks } = notAllowed('start', whoMay(config.people, 'start', actor));
  await wantDelivery(em, {
    dedupeKey: `refused:${turn.id}`,
    kind: 'ephemeral',
    sessionId: session.id,
    turnId: turn.id,
    channelId: session.channelId,
    threadTs: session.threadTs,
    payload: ephemeral(turn.requester.id, { text, blocks }),
  });
}

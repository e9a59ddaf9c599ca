// What a request is worked on with: its repo, the branch that it begins from, the model. An option that cannot
// be followed ends the turn with a sentence, and an edit or a reply with a better one takes the request up again.
import { type Config, modelsOf } from '../../core/config/config.ts';
import type { Failure } from '../../core/errors.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { addDetails } from '../../db/turns/admission.ts';
import { hasEarlierWork } from '../../db/turns/open-turns.ts';
import { endTurn, moveTurn } from '../../db/turns/turns.ts';
import type { Known } from './known.ts';
import { queueReceived } from './queue.ts';
import { findRepo } from './repo.ts';

/** Queues an admitted turn, has its repo chosen, or ends it; the session is locked. */
export async function settle(em: EntityManager, config: Config, turn: Turn, known: Known): Promise<void> {
  const session = await em.findOneOrFail(Session, { id: turn.sessionId }, { refresh: true });
  const kept = turn.text === '' ? await refusedRequest(em, turn) : null;
  if (kept !== null) await takeUp(em, turn, kept);
  const failure = await refusedOption(em, config, session, turn, known);
  if (failure !== null) return endTurn(em, turn.id, session.id, { state: 'failed', failure });
  await takeOptions(em, config, session, known);
  await settleRepo(em, config, session, turn.id, known);
}

async function refusedOption(
  em: EntityManager,
  config: Config,
  session: Session,
  turn: Turn,
  { asked, choice }: Known,
): Promise<Failure | null> {
  const models = modelsOf(config.model);
  if (asked.model !== null && !models.includes(asked.model))
    return refused(
      `There is no model called ${asked.model} here.`,
      models.length === 0
        ? 'The configuration names no models, so leave it out'
        : `Name one of ${models.join(', ')}`,
    );
  if (turn.text === '')
    return refused('There are options here, but nothing to do.', 'Say what should be done');
  const { repo } = session;
  if (typeof repo !== 'string') return null;
  const isOther = asked.repo !== null && choice.kind === 'chosen' && choice.repo !== repo;
  if (asked.repo !== null && choice.kind !== 'chosen')
    return refused(`There is no repo called ${asked.repo}.`, `Name one of ${choice.choices.join(', ')}`);
  const branches = asked.branch !== null && asked.branch !== (session.baseBranch ?? null);
  if (!isOther && !branches) return null;
  const what = isOther ? repo : (session.baseBranch ?? 'the default branch');
  if (typeof session.headCommit === 'string')
    return refused(
      `This thread has an open change on top of ${what}.`,
      'Merge or discard it first, or ask in another thread',
    );
  return (await hasEarlierWork(em, turn))
    ? refused(`Work on ${what} is under way in this thread.`, 'Stop it first, or ask in another thread')
    : null;
}

/** The newest request of the thread, where one of its options was refused. */
async function refusedRequest(em: EntityManager, turn: Turn): Promise<Turn | null> {
  const before = await em.findOne(
    Turn,
    { sessionId: turn.sessionId, position: { $lt: turn.position }, kind: { $nin: ['answer', 'attempt'] } },
    { orderBy: { position: 'desc' } },
  );
  return before?.state === 'failed' && before.failure?.code === 'option_refused' ? before : null;
}

/** A reply with nothing but options is about the request that they were missing from. */
async function takeUp(em: EntityManager, turn: Turn, kept: Turn): Promise<void> {
  turn.text = kept.text;
  turn.details = { ...kept.details, ...turn.details };
  await em.flush();
}

function refused(message: string, advice: string): Failure {
  return {
    code: 'option_refused',
    message,
    advice: `${advice}: edit your message, or reply with just that. The request is kept.`,
  };
}

async function takeOptions(
  em: EntityManager,
  config: Config,
  session: Session,
  { asked, defaults }: Known,
): Promise<void> {
  const own =
    defaults.model !== null && modelsOf(config.model).includes(defaults.model) ? defaults.model : null;
  session.model = asked.model ?? session.model ?? own;
  if (asked.branch !== null && asked.branch !== (session.baseBranch ?? null))
    restart(session, { baseBranch: asked.branch });
  await em.flush();
}

/** What was begun from another commit is of no use any more; the worker makes a fresh sandbox. */
export function restart(
  session: Session,
  to: { readonly repo?: string; readonly baseBranch: string | null },
): void {
  if (typeof session.baseCommit === 'string') session.state = 'discarded';
  session.baseCommit = null;
  session.baseBranch = to.baseBranch;
  if (to.repo !== undefined) session.repo = to.repo;
}

async function settleRepo(
  em: EntityManager,
  config: Config,
  session: Session,
  turnId: string,
  { choice, asked, defaults }: Known,
): Promise<void> {
  const repo = session.repo ?? null;
  if (repo !== null) {
    const other = asked.repo !== null && choice.kind === 'chosen' && choice.repo !== repo;
    if (other) restart(session, { repo: choice.repo, baseBranch: asked.branch });
    await em.flush();
    await queueReceived(em, turnId, 'received');
    return;
  }
  if (choice.kind === 'chosen') {
    session.repo = choice.repo;
    await em.flush();
    await queueReceived(em, turnId, 'received', choice.why);
    return;
  }
  const { choices, reason } = choice;
  const own = choice.kind === 'open' && defaults.repo !== null ? findRepo(config.repos, defaults.repo) : null;
  const otherwise = own !== null && choices.includes(own) ? own : null;
  if (choice.kind === 'open' && areDescribed(config, choices)) {
    // The model's key is with the workers: one of them asks, and goes on with what comes out.
    await addDetails(em, turnId, { routing: { choices, reason, otherwise } });
    await queueReceived(em, turnId, 'received');
    return;
  }
  if (otherwise !== null) {
    session.repo = otherwise;
    await em.flush();
    await queueReceived(em, turnId, 'received', 'your default');
    return;
  }
  await moveTurn(em, turnId, 'received', 'needs_repo');
  await appendEvents(em, session.id, turnId, [{ type: 'turn.repo_needed', choices, reason }]);
}

/** A model has something to go by where at least two of them say what they are. */
function areDescribed({ repos }: Config, choices: readonly string[]): boolean {
  return (
    repos.filter(({ name, description }) => choices.includes(name) && description !== undefined).length > 1
  );
}

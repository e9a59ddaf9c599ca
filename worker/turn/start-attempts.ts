// A turn that asks for several attempts: stores what they start from and starts them. It goes on after they are over.
import { APPROACHES, MAX_ATTEMPTS } from '../../core/attempt.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { Turn } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import { loadJournal } from '../../db/log/journal.ts';
import { fenced } from '../../db/schema/lease.ts';
import { attemptTurnsOf, type StartingPoint, startAttempts } from '../../db/turns/attempts.ts';
import type { TurnContext } from './context.ts';

/** Starts the attempts of a turn and releases its lease. The turn goes on once all of them are over. */
export async function beginAttempts(context: TurnContext): Promise<void> {
  const { database, lease, turn, session, model, mirror, signal } = context;
  await fenced(database, lease, (em) =>
    appendEvents(em, session.id, turn.id, [
      { type: 'turn.claimed', worker: lease.owner, epoch: lease.epoch },
      { type: 'model.named', model: model.name, scripted: model.name.startsWith('scripted') },
      { type: 'phase.started', phase: 'prepare', detail: `Fetching ${mirror.repo.name}` },
    ]),
  );
  const latest = await mirror.remote.refresh(signal);
  const tried = turn.details.tries;
  const start =
    tried === undefined ? await fromHere(context, latest.commit) : await fromWhere(context, tried);
  const count = Math.min(turn.details.attempts ?? 1, MAX_ATTEMPTS);
  signal.throwIfAborted();
  await startAttempts(database, lease, start, APPROACHES.slice(0, count), tried ?? null);
}

/** The attempts start from the session as it is. */
async function fromHere({ database, session, attempt }: TurnContext, latest: string): Promise<StartingPoint> {
  const entries = await loadJournal(database.em(), session.id, attempt.number);
  return {
    fromNumber: attempt.number,
    fromPlace: (entries.at(-1)?.place ?? -1) + 1,
    base: attempt.base ?? latest,
    head: attempt.head,
  };
}

/** The attempts start where the turn with the earlier result started. Throws `head_moved` where work went on since. */
async function fromWhere(context: TurnContext, turnId: string): Promise<StartingPoint> {
  const { database, session, attempt, mirror } = context;
  const em = database.em();
  const tried = await em.findOneOrFail(Turn, { id: turnId });
  const result = tried.result;
  if (result?.kind !== 'change' || attempt.base === null || session.headCommit !== result.commit)
    throw movedOn();
  const entries = await loadJournal(em, session.id, attempt.number);
  // Where the earlier result was itself chosen among several attempts, the attempts' turns have its steps.
  const turns = new Set([turnId, ...(await attemptTurnsOf(em, turnId))]);
  const first = entries.find((entry) => turns.has(entry.turnId));
  const before = await mirror.history.firstParent(result.commit);
  return {
    fromNumber: attempt.number,
    fromPlace: first?.place ?? entries.length,
    base: attempt.base,
    head: before === attempt.base ? null : before,
  };
}

function movedOn(): ThreadsmithError {
  return new ThreadsmithError(
    'head_moved',
    'Work has gone on in this thread since the result that was to be tried in other ways.',
    'Use Try 3 ways below the newest result.',
  );
}

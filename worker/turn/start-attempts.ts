// A turn that asks for several attempts: fixes what they start from, begins them, and puts itself down.
import { APPROACHES, MAX_ATTEMPTS } from '../../core/attempt.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { Turn } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import { loadJournal } from '../../db/log/journal.ts';
import { fenced } from '../../db/schema/lease.ts';
import { type StartingPoint, startAttempts } from '../../db/turns/attempts.ts';
import type { TurnContext } from './context.ts';

/** Begins the attempts that a turn asks for. The turn goes on by itself once they are over. */
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

/** From where the session stands. */
async function fromHere({ database, session, attempt }: TurnContext, latest: string): Promise<StartingPoint> {
  const entries = await loadJournal(database.em(), session.id, attempt.number);
  return {
    fromNumber: attempt.number,
    fromPlace: (entries.at(-1)?.place ?? -1) + 1,
    base: attempt.base ?? latest,
    head: attempt.head,
  };
}

/** From where the turn started whose request is tried in other ways. */
async function fromWhere(context: TurnContext, turnId: string): Promise<StartingPoint> {
  const { database, session, attempt, mirror } = context;
  const em = database.em();
  const tried = await em.findOneOrFail(Turn, { id: turnId });
  const result = tried.result;
  if (result?.kind !== 'change' || attempt.base === null || session.headCommit !== result.commit)
    throw movedOn();
  const entries = await loadJournal(em, session.id, attempt.number);
  // Where it was itself the choice among several, the steps are those of the attempt.
  const own = await em.execute<{ turn_id: string }[]>('select turn_id from attempt where parent_id = ?', [
    turnId,
  ]);
  const turns = new Set([turnId, ...own.map(({ turn_id }) => turn_id)]);
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

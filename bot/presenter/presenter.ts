// Events become deliveries: each turn has one message, which follows the turn and ends as its result.
import { attemptsMessage, picturesOfAttempts } from '../../blocks/messages/attempts.ts';
import { planMessage } from '../../blocks/messages/plan.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import type { Config } from '../../core/config/config.ts';
import type { Log } from '../../core/log.ts';
import { type Loop, startLoop } from '../../core/loop.ts';
import { isOver } from '../../core/turn.ts';
import { type AttemptView, isEnded, type QueuedView, type TurnView } from '../../core/view.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import { wantedPayload } from '../../db/slack/deliveries.ts';
import {
  lockPresentation,
  markPresented,
  type Seen,
  seenSoFar,
  settledEventId,
  staleTurns,
  turnsToDraw,
  unpresentedTurns,
  wantDrawn,
} from '../../db/slack/presentations.ts';
import { parentOfAttempt } from '../../db/turns/attempts.ts';
import { queueOutlook } from '../../db/turns/queue-outlook.ts';
import { cameWithin, turnsAhead } from '../../db/turns/turns.ts';
import { showAgentStatus } from '../delivery/agent-status.ts';
import { publishMessage, threadOf } from '../delivery/deliveries.ts';
import { type MessagePayload, messagePayload } from '../delivery/payload.ts';
import { attemptViews, stageOfAttempts } from './attempts.ts';
import { openMessage, picturesOf, resultOf, resultView, viewOf } from './turn-view.ts';
import type { Uploads } from './uploads.ts';

export interface PresenterOptions {
  readonly database: Database;
  readonly config: Config;
  readonly uploads: Uploads;
  /** Called with whose turn was drawn and how, also where nothing of it changed. */
  readonly onDrawn?: (teamId: string, requesterId: string, view: TurnView) => void;
  readonly log: Log;
}

const POLL_MS = 1_000;
const BATCH = 200;
/** A transaction that is open for longer than this has failed. */
const SETTLED_AFTER_MS = 120_000;
const SETTLE_EVERY_MS = 60_000;
/** Who may not start is told so by themselves: until a request is let in, the thread waits so long with its message. */
const ADMISSION_MS = 2_000;
/** Running and queued turns are drawn again this often: their clock, and the queue, go on without their events. */
const CLOCK_MS = 30_000;
const REST_MS = 10_000;

/** Starts to present the turns of this database. Several processes may: each turn is drawn by one at a time. */
export function startPresenter(options: PresenterOptions): Loop {
  const { database, log } = options;
  let settledId = 0;
  let settledAt = Number.NEGATIVE_INFINITY;
  /** Turns that could not be drawn: they must not keep the others waiting. */
  const rests = new Map<string, number>();

  const round = async (): Promise<void> => {
    const em = database.em();
    for (const { turnId } of await unpresentedTurns(em, settledId, BATCH)) await presentSafely(turnId);
    for (const turnId of await turnsToDraw(em, BATCH)) await presentSafely(turnId);
    for (const turnId of await staleTurns(em, CLOCK_MS)) await presentSafely(turnId);
    if (performance.now() - settledAt < SETTLE_EVERY_MS) return;
    settledAt = performance.now();
    settledId = await settledEventId(em, settledId, SETTLED_AFTER_MS);
  };

  const presentSafely = async (turnId: string): Promise<void> => {
    if ((rests.get(turnId) ?? 0) > performance.now()) return;
    rests.delete(turnId);
    try {
      await database.transaction((em) => present(em, options, turnId));
    } catch (error) {
      log.error('a turn could not be presented; trying again', { turn: turnId, error });
      rests.set(turnId, performance.now() + REST_MS);
    }
  };

  return startLoop('presenter', POLL_MS, round, log);
}

/** Draws a turn; false where it can't be now, and is to be tried again. */
async function present(em: EntityManager, options: PresenterOptions, turnId: string): Promise<boolean> {
  if (!(await lockPresentation(em, turnId))) return false;
  const seen = await seenSoFar(em, turnId);
  const turn = await em.findOneOrFail(Turn, { id: turnId });
  // An attempt is shown by the turn that asked for it.
  if (turn.kind === 'attempt') {
    const parentId = await parentOfAttempt(em, turnId);
    if (parentId === null || !(await present(em, options, parentId))) return false;
  }
  // Words to a turn under way are shown by that turn.
  else if (turn.kind !== 'answer' && !(await presentTurn(em, options, turn, seen))) return false;
  await markPresented(em, seen);
  return true;
}

async function presentTurn(
  em: EntityManager,
  options: PresenterOptions,
  turn: Turn,
  { isNews }: Seen,
): Promise<boolean> {
  if (turn.state === 'received' && (await cameWithin(em, turn.id, ADMISSION_MS))) return false;
  const session = await em.findOneOrFail(Session, { id: turn.sessionId });
  const drawn = viewOf(session, turn, await eventsOfTurn(em, turn.id));
  if (drawn.sharedFiles.length > 0) {
    const { channelId, threadTs } = session;
    await options.uploads.give(
      drawn.sharedFiles.map(({ artifactId }) => artifactId),
      { channelId, threadTs },
    );
  }
  // The place in line changes with what happens to other turns.
  const view = drawn.state === 'queued' ? { ...drawn, ...(await placeOf(em, turn)) } : drawn;
  // A merge and a discard are shown by the result that they are about, until they are over.
  const decides = turn.kind === 'merge' || turn.kind === 'discard';
  if (view.state === 'refused' && (await wantedPayload(em, statusKey(turn.id))) === null) {
    options.onDrawn?.(session.teamId, turn.requester.id, view);
  } else if (!decides || isEnded(view)) {
    const attempts = showsAttempts(view) ? await attemptViews(em, session, view.attempts) : [];
    const message = await draw(em, options, session, view, attempts);
    if (message === null) return false;
    await want(em, session, view, message, stageOfAttempts(attempts));
    await wantPlans(em, session, view);
    await wantAgentStatus(em, session, turn, view);
    options.onDrawn?.(session.teamId, turn.requester.id, view);
  }
  // A process that rendered the turn before the event told the other turns of an older state.
  if (isNews) await wantDrawn(em, await changesWith(em, turn, view));
  return true;
}

async function placeOf(em: EntityManager, turn: Turn): Promise<Pick<QueuedView, 'ahead' | 'queue'>> {
  const ahead = await turnsAhead(em, turn);
  return { ahead, queue: await queueOutlook(em, turn, ahead) };
}

/** Null while pictures are on their way to Slack: the message stays as it is until they are there. */
async function draw(
  em: EntityManager,
  options: PresenterOptions,
  session: Session,
  view: TurnView,
  attempts: readonly AttemptView[],
): Promise<FittedMessage | null> {
  if (attempts.length > 0) {
    // Those of an attempt that is over are sent on already while the others are at work.
    const uploaded = await options.uploads.ask(picturesOfAttempts(attempts));
    if (uploaded.pending && view.state === 'waiting') return null;
    const shown = attempts.map((attempt) => ({ ...attempt, files: uploaded.files }));
    return attemptsMessage(view, shown, { now: new Date(), stoppable: true });
  }
  const result = view.state === 'done' ? view.result : null;
  if (result === null) return openMessage(view, new Date());
  const uploaded = await options.uploads.ask(picturesOf(result));
  if (uploaded.pending) return null;
  return resultOf(await resultView(em, options.config, session, view, result, uploaded.files));
}

async function want(
  em: EntityManager,
  session: Session,
  view: TurnView,
  message: FittedMessage,
  stageWithin: string,
): Promise<void> {
  const place = threadOf(session, view.turnId);
  const dedupeKey = statusKey(view.turnId);
  const payload: MessagePayload = {
    text: message.text,
    blocks: message.blocks,
    stage: `${stageOf(view)} ${stageWithin}`,
  };
  const before = messagePayload.safeParse(await wantedPayload(em, dedupeKey));
  const urgent = !before.success || before.data.stage !== payload.stage || isEnded(view);
  await publishMessage(em, dedupeKey, place, payload, { urgent });
  for (const [index, overflow] of message.overflow.entries()) {
    const part = String(index + 1).padStart(3, '0');
    await publishMessage(em, `overflow:${view.turnId}:${part}`, place, overflow);
  }
}

/** The delivery that is a turn's message. */
function statusKey(turnId: string): string {
  return `status:${turnId}`;
}

function showsAttempts(view: TurnView): boolean {
  return view.attempts.length > 0 && (view.state === 'running' || view.state === 'waiting');
}

/** For Slack's own list of agents at work; the other turns of the thread count too. */
async function wantAgentStatus(
  em: EntityManager,
  session: Session,
  turn: Turn,
  view: TurnView,
): Promise<void> {
  const turns = await em.find(Turn, { sessionId: session.id, kind: { $ne: 'answer' } });
  const first = turns.find(({ position }) => position === 0) ?? turn;
  const states = turns.map(({ id, state }) => (id === turn.id ? view.state : state));
  const waits = states.some((state) => state === 'waiting' || state === 'needs_repo');
  const works = states.some((state) => !isOver(state));
  const result = view.state === 'done' ? view.result?.kind : undefined;
  const ended = result === 'merged' || result === 'discarded';
  const status = waits ? 'suspended' : works ? 'processing' : ended ? 'closed' : 'active';
  const title = titleOf(first);
  await showAgentStatus(em, threadOf(session, turn.id), { status, title, initiator: session.starterId });
}

/** What a person would call it: of an alert its own first line, not what the agent is told to do about it. */
function titleOf({ text, details }: Turn): string {
  const alert = details.alert?.[0]?.text;
  return alert === undefined ? text : `Alert: ${alert.split('\n', 1)[0]}`;
}

/** Each plan is a message of its own, which stays when the work goes on. */
async function wantPlans(em: EntityManager, session: Session, view: TurnView): Promise<void> {
  for (const [index, proposal] of view.proposals.entries()) {
    const isLast = index === view.proposals.length - 1 && view.attempts.length === 0;
    const waits = view.state === 'waiting' && isLast;
    const message = planMessage({ ...proposal, turnId: view.turnId, place: index, waits });
    for (const [part, partOfPlan] of [message, ...message.overflow].entries()) {
      const key = `plan:${view.turnId}:${index + 1}:${part}`;
      await publishMessage(em, key, threadOf(session, view.turnId), partOfPlan, { urgent: true });
    }
  }
}

/** Changes when something happened that people wait for; the steps within it may wait. */
function stageOf(view: TurnView): string {
  return [view.state, ...view.phases.map((phase) => phase.state)].join(' ');
}

/** A session's results show where their merge stands and whether they are the newest; waiting turns their place. */
async function changesWith(em: EntityManager, turn: Turn, view: TurnView): Promise<readonly string[]> {
  const decides = turn.kind === 'merge' || turn.kind === 'discard' || view.isPublished;
  const rivals = turn.details.tries !== undefined;
  if (!decides && !rivals && !isEnded(view)) return [];
  const behind = await em.find(
    Turn,
    {
      sessionId: turn.sessionId,
      position: { $gt: turn.position },
      kind: { $ne: 'attempt' },
      state: 'queued',
    },
    { orderBy: { position: 'asc' }, limit: 10 },
  );
  const earlier = await em.find(
    Turn,
    { sessionId: turn.sessionId, position: { $lt: turn.position }, kind: { $ne: 'attempt' }, state: 'done' },
    { orderBy: { position: 'desc' }, limit: 5 },
  );
  return [...behind, ...earlier.filter(({ result }) => result?.kind === 'change')].map(({ id }) => id);
}

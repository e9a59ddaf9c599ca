// Change, on a thread's first request: the modal with repo and branch, and the move that it asks for.
import { couldNot, outOfDate, turnRunning } from '../../blocks/messages/ephemeral.ts';
import { rerouteModal } from '../../blocks/modals/reroute.ts';
import { REROUTE_INPUT } from '../../blocks/parts/actions.ts';
import type { Actor } from '../../core/rights/authority.ts';
import { isOver } from '../../core/turn.ts';
import type { Session, Turn } from '../../db/entities/session.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { hasOpenRequest } from '../../db/turns/open-turns.ts';
import { claimKey, lockSession } from '../../db/turns/requests.ts';
import { rerouteTurn } from '../../db/turns/reroute.ts';
import { detailsAgain, queueButtonTurn } from '../admission/queue.ts';
import { findRepo } from '../admission/repo.ts';
import { restart } from '../admission/settle.ts';
import type { Click, Submission } from '../interaction/click.ts';
import {
  findInReach,
  type InteractionContext,
  openView,
  type Reply,
  refusal,
} from '../interaction/context.ts';
import { isChangeable } from '../presenter/turn-view.ts';

const ELSEWHERE = 'Ask in a new thread, with repo=… in your words.';
const TOO_LATE = 'This cannot be moved any more: it is over, or something of it was published.';

/** Opens the modal with what was chosen. */
export async function openReroute(ctx: InteractionContext, click: Click): Promise<Reply> {
  const found = await findInReach(ctx.database.em(), ctx, click.value, click.channelId);
  if (found === null) return outOfDate();
  const refused = refusal(ctx.config, await ctx.directory.actor(click.userId), ['start']);
  if (refused !== null) return refused;
  const { turn, session } = found;
  const answered = isAnswered(turn);
  if ((isOver(turn.state) && !answered) || !isChangeable(session, turn)) return couldNot(TOO_LATE, '');
  const view = rerouteModal({
    turnId: turn.id,
    repos: ctx.config.repos.map(({ name }) => name),
    repo: session.repo ?? '',
    branch: session.baseBranch ?? null,
    stage: answered ? 'answered' : turn.state === 'running' || turn.state === 'waiting' ? 'begun' : 'waits',
  });
  await openView(ctx, click.triggerId, view);
  return null;
}

/** Moves the request. The same place again changes nothing. */
export async function reroute(ctx: InteractionContext, submission: Submission): Promise<Reply> {
  const input = (name: keyof typeof REROUTE_INPUT) =>
    submission.input(REROUTE_INPUT[name].blockId, REROUTE_INPUT[name].actionId).trim();
  const repo = findRepo(ctx.config.repos, input('repo'));
  const baseBranch = input('branch') || null;
  const actor = await ctx.directory.actor(submission.userId);
  return ctx.database.transaction(async (em) => {
    const found = await findInReach(em, ctx, submission.metadata, null);
    if (found === null || repo === null) return outOfDate();
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    const { turn, session } = found;
    if (session.repo === repo && (session.baseBranch ?? null) === baseBranch) return null;
    if (isAnswered(turn))
      return askAgain(em, submission.viewId, { turn, session }, { repo, baseBranch }, actor);
    const moved =
      isChangeable(session, turn) && (await rerouteTurn(em, turn.id, { repo, baseBranch, by: actor.id }));
    return moved ? null : couldNot(TOO_LATE, ELSEWHERE);
  });
}

/** Only words came of it: there is nothing in the old place that would be left behind. */
function isAnswered({ state, result, kind }: Turn): boolean {
  return state === 'done' && result?.kind === 'answer' && kind !== 'alert';
}

/** The answer stays, and the same request is the thread's next one, in the other place. The same form counts once. */
async function askAgain(
  em: EntityManager,
  viewId: string,
  { turn, session }: { readonly turn: Turn; readonly session: Session },
  to: { readonly repo: string; readonly baseBranch: string | null },
  actor: Actor,
): Promise<Reply> {
  const locked = await lockSession(em, session.id);
  await em.refresh(session);
  if (locked === null || !isChangeable(session, turn)) return couldNot(TOO_LATE, ELSEWHERE);
  if (!(await claimKey(em, `view:${viewId}`))) return null;
  if (await hasOpenRequest(em, session.id)) return turnRunning();
  restart(session, to);
  await em.flush();
  // There a plan is made anew, and what came with the decision on the old one was for that.
  const { routing: _routing, plans: _plans, decidedWith: _with, ...details } = detailsAgain(turn, actor.id);
  await queueButtonTurn(em, locked, { kind: 'follow_up', text: turn.text, requester: actor, details });
  return null;
}

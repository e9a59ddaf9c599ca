// Change, on a thread's first request: the modal with repo and branch, and the move that it asks for.
import { REROUTE_INPUT } from '../../blocks/actions.ts';
import { couldNot, outOfDate } from '../../blocks/ephemeral.ts';
import { rerouteModal } from '../../blocks/modals/reroute.ts';
import { isOver } from '../../core/turn.ts';
import { rerouteTurn } from '../../db/reroute.ts';
import { findRepo } from '../admission/repo.ts';
import { isChangeable } from '../presenter/render.ts';
import type { Click, Submission } from './click.ts';
import { type Desk, findInReach, openView, type Reply, refusal } from './desk.ts';

const TOO_LATE = 'This cannot be moved any more: it is over, or something of it was published.';

/** Opens the modal with what was chosen. */
export async function openReroute(desk: Desk, click: Click): Promise<Reply> {
  const found = await findInReach(desk.database.em(), desk, click.value, click.channelId);
  if (found === null) return outOfDate();
  const refused = refusal(desk.config, await desk.directory.actor(click.userId), ['start']);
  if (refused !== null) return refused;
  const { turn, session } = found;
  if (isOver(turn.state) || !isChangeable(session, turn)) return couldNot(TOO_LATE, '');
  const view = rerouteModal({
    turnId: turn.id,
    repos: desk.config.repos.map(({ name }) => name),
    repo: session.repo ?? '',
    branch: session.baseBranch ?? null,
    begun: turn.state === 'running' || turn.state === 'waiting',
  });
  await openView(desk, click.triggerId, view);
  return null;
}

/** Moves the request. The same place again changes nothing. */
export async function reroute(desk: Desk, submission: Submission): Promise<Reply> {
  const input = (name: keyof typeof REROUTE_INPUT) =>
    submission.input(REROUTE_INPUT[name].blockId, REROUTE_INPUT[name].actionId).trim();
  const repo = findRepo(desk.config.repos, input('repo'));
  const baseBranch = input('branch') || null;
  const actor = await desk.directory.actor(submission.userId);
  return desk.database.transaction(async (em) => {
    const found = await findInReach(em, desk, submission.metadata, null);
    if (found === null || repo === null) return outOfDate();
    const refused = refusal(desk.config, actor, ['start']);
    if (refused !== null) return refused;
    const { turn, session } = found;
    if (session.repo === repo && (session.baseBranch ?? null) === baseBranch) return null;
    const moved =
      isChangeable(session, turn) && (await rerouteTurn(em, turn.id, { repo, baseBranch, by: actor.id }));
    return moved ? null : couldNot(TOO_LATE, 'Ask in a new thread, with repo=… in your words.');
  });
}

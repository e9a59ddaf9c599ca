// Bolt's listeners for buttons, menus and modals. A decision has committed before Slack gets its
// acknowledgement; what there is to say to the person follows after it, also where that could not be sent.
import type { App } from '@slack/bolt';
import { couldNot } from '../../blocks/messages/ephemeral.ts';
import {
  ACTION,
  ATTEMPT_BUTTON,
  MODAL,
  OPTION_BUTTON,
  REPO_BUTTON,
  turnOf,
} from '../../blocks/parts/actions.ts';
import { toFailure } from '../../core/errors.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { type Click, readClick, readSubmission, type Submission } from '../interaction/click.ts';
import {
  type ContextParts,
  contextFor,
  type InteractionContext,
  type Reply,
} from '../interaction/context.ts';
import { patiently } from '../slack/calls.ts';
import { setOwn, startFromHome } from '../starts/home.ts';
import { decideAlert } from './alerts.ts';
import { pickAttempt, tryWays } from './attempts.ts';
import { discard, openRequestChanges, requestChanges, tryAgain, undoDiscard } from './changes.ts';
import { pickOption, pickRepo, remove, sendNow, stop } from './choose.ts';
import { openDiff, turnDiffPage } from './diff.ts';
import { approve, askUnverified, mergeUnverified } from './merge.ts';
import { openPlanChange, planChange, planGo } from './plan.ts';
import { openReroute, reroute } from './reroute.ts';
import { revert } from './revert.ts';
import { updateBranch } from './update-branch.ts';

type ClickHandler = (ctx: InteractionContext, click: Click) => Promise<Reply>;
type SubmissionHandler = (ctx: InteractionContext, submission: Submission) => Promise<Reply>;

/** Listens for every button, menu and modal of ours. */
export function listenToClicks(app: App, parts: ContextParts): void {
  const on = (action: string | RegExp, handle: ClickHandler): void => {
    app.action(action, async ({ body, ack }) => {
      const ctx = await contextFor(parts, body);
      const click = readClick(body);
      const reply = await settled(ctx, () => handle(ctx, click));
      try {
        await ack();
      } finally {
        // Also where the connection broke meanwhile: what was decided holds, whether they click again or not.
        await tell(ctx, click.userId, click.channelId, click.threadTs, reply);
        if (click.view?.isHome === true) await redrawHome(ctx, click.userId);
      }
    });
  };
  const onSubmit = (callbackId: string, handle: SubmissionHandler): void => {
    app.view(callbackId, async ({ body, ack }) => {
      const ctx = await contextFor(parts, body);
      const submission = readSubmission(body);
      const reply = await settled(ctx, () => handle(ctx, submission));
      try {
        await ack();
      } finally {
        const place = reply === null ? null : await placeOf(ctx, submission.metadata);
        await tell(ctx, submission.userId, place?.channelId ?? null, place?.threadTs ?? null, reply);
      }
    });
  };

  on(ACTION.approve, approve);
  on(ACTION.mergeUnverified, askUnverified);
  on(ACTION.updateBranch, updateBranch);
  on(ACTION.showChanged, openDiff);
  on(ACTION.requestChanges, openRequestChanges);
  on(ACTION.viewDiff, openDiff);
  on(ACTION.diffPrevious, turnDiffPage);
  on(ACTION.diffNext, turnDiffPage);
  on(ACTION.diffFile, turnDiffPage);
  on(ACTION.discard, discard);
  on(ACTION.undoDiscard, undoDiscard);
  on(ACTION.revert, revert);
  on(ACTION.tryAgain, tryAgain);
  on(ACTION.goOn, tryAgain);
  on(ACTION.stop, stop);
  on(ACTION.reroute, openReroute);
  on(ACTION.planGo, planGo);
  on(ACTION.planChange, openPlanChange);
  on(ACTION.sendNow, sendNow);
  on(ACTION.remove, remove);
  on(ACTION.alertFix, decideAlert('fix'));
  on(ACTION.alertNotThis, decideAlert('not_this'));
  on(ACTION.alertMute, decideAlert('mute'));
  on(ACTION.startWork, startFromHome);
  on(ACTION.ownRepo, setOwn('repo'));
  on(ACTION.ownModel, setOwn('model'));
  // A link: Slack only wants to hear that it was taken in.
  on(ACTION.openThread, async () => null);
  on(ACTION.repoMenu, pickRepo);
  on(REPO_BUTTON, pickRepo);
  on(OPTION_BUTTON, pickOption);
  on(ATTEMPT_BUTTON, pickAttempt);
  on(ACTION.tryWays, tryWays);
  onSubmit(MODAL.requestChanges, requestChanges);
  onSubmit(MODAL.reroute, reroute);
  onSubmit(MODAL.planChange, planChange);
  onSubmit(MODAL.mergeUnverified, mergeUnverified);
}

/** The handler's reply, or what went wrong as one: a click never ends in silence. */
async function settled(ctx: InteractionContext, handle: () => Promise<Reply>): Promise<Reply> {
  try {
    return await handle();
  } catch (error) {
    ctx.log.warn('a click failed', { error });
    const { message } = toFailure(error);
    return couldNot(message, 'Click again in a moment.');
  }
}

async function tell(
  ctx: InteractionContext,
  userId: string,
  channelId: string | null,
  threadTs: string | null,
  reply: Reply,
): Promise<void> {
  if (reply === null || channelId === null) return;
  try {
    await patiently(() =>
      ctx.client.chat.postEphemeral({
        channel: channelId,
        user: userId,
        ...(threadTs === null ? {} : { thread_ts: threadTs }),
        text: reply.text,
        blocks: reply.blocks,
      }),
    );
  } catch (error) {
    ctx.log.warn('the answer to a click was not shown', { userId, error });
  }
}

async function redrawHome(ctx: InteractionContext, userId: string): Promise<void> {
  try {
    await ctx.homes.redraw(ctx.identity.teamId, userId);
  } catch (error) {
    ctx.log.warn('the Home tab was not drawn', { userId, error });
  }
}

/** Modals of ours carry the id of their turn. */
async function placeOf(ctx: InteractionContext, metadata: string): Promise<Session | null> {
  const em = ctx.database.em();
  const turn = await em.findOne(Turn, { id: turnOf(metadata) });
  return turn === null ? null : em.findOne(Session, { id: turn.sessionId });
}

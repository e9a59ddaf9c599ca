// One of several: the repo of a request, an option of a question. The list is read from the log, never the button.
import { alreadyChosen, couldNot, outOfDate } from '../../blocks/messages/ephemeral.ts';
import { parseChoice, parseOption } from '../../blocks/parts/actions.ts';
import type { EventBody, SessionEvent } from '../../core/event.ts';
import { Turn } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { setRepo } from '../../db/turns/session-settings.ts';
import { offerSteering } from '../../db/turns/steering.ts';
import { answerWaiting, stopTurn, withdrawTurn } from '../../db/turns/turns.ts';
import { queueReceived } from '../admission/queue.ts';
import type { Click } from '../interaction/click.ts';
import { findInReach, type InteractionContext, onTurn, type Reply, refusal } from '../interaction/context.ts';

/** The repo that a request is for, remembered for the thread. */
export async function pickRepo(ctx: InteractionContext, click: Click): Promise<Reply> {
  const choice = parseChoice(click.value);
  if (choice === null) return outOfDate();
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, choice.turnId, click.channelId, async (em, { turn, session }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    if (turn.state !== 'needs_repo') return alreadyChosen(session.repo ?? 'the request is over');
    const offered = await lastOffer(em, turn.id);
    const repo = offered[choice.place];
    if (repo === undefined || !ctx.config.repos.some(({ name }) => name === repo)) return outOfDate();
    await setRepo(em, session.id, repo);
    const waiting = await em.find(
      Turn,
      { sessionId: session.id, state: 'needs_repo' },
      { orderBy: { position: 'asc' } },
    );
    for (const { id } of waiting) await queueReceived(em, id, 'needs_repo');
    return null;
  });
}

/**
 * An answer to the agent's question, the one that was seen: another may wait by now, where Slack lost the answer to
 * a click or a reply came first.
 */
export async function pickOption(ctx: InteractionContext, click: Click): Promise<Reply> {
  const choice = parseOption(click.value);
  if (choice === null) return outOfDate();
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, choice.turnId, click.channelId, async (em, { turn }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    const events = await eventsOfTurn(em, turn.id);
    const waits =
      turn.state === 'waiting' ? events.findLast(({ body }) => PUTS_DOWN.has(body.type)) : undefined;
    if (waits?.body.type !== 'question.asked' || waits.id !== (choice.questionId ?? waits.id))
      return alreadyChosen(answerTo(events, choice.questionId) ?? 'the question is over');
    const text = waits.body.options[choice.place];
    if (text === undefined) return outOfDate();
    await answerWaiting(em, turn.sessionId, { text, by: actor.id });
    return null;
  });
}

/** Stops a turn, wherever it is. */
export async function stop(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  // The session is not locked: the worker that has the turn locks the turn first, and so does this.
  return ctx.database.transaction(async (em) => {
    if ((await findInReach(em, ctx, click.value, click.channelId)) === null) return outOfDate();
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    return (await stopTurn(em, click.value, actor.id)) ? null : couldNot('This is over already.', '');
  });
}

/** Hands a waiting turn's text to the one at work. */
export async function sendNow(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  // The session is not locked, for the reason given above.
  return ctx.database.transaction(async (em) => {
    const found = await findInReach(em, ctx, click.value, click.channelId);
    if (found === null) return outOfDate();
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    switch (await offerSteering(em, click.value, actor.id)) {
      case 'offered':
        return null;
      case 'gone':
        return couldNot('This does not wait any more.', '');
      case 'nothing_runs':
        return couldNot('Nothing is at work in this thread that could read it now.', 'It is next in line.');
    }
  });
}

/** Takes a waiting turn back. */
export async function remove(ctx: InteractionContext, click: Click): Promise<Reply> {
  const actor = await ctx.directory.actor(click.userId);
  return onTurn(ctx, click.value, click.channelId, async (em, { turn }) => {
    const refused = refusal(ctx.config, actor, ['start']);
    if (refused !== null) return refused;
    const removed = await withdrawTurn(em, turn.id, { by: actor.id, how: 'removed' });
    return removed ? null : couldNot('This does not wait any more.', '');
  });
}

/** What makes a turn wait for a person. */
const PUTS_DOWN: ReadonlySet<string> = new Set<EventBody['type']>([
  'question.asked',
  'plan.proposed',
  'attempts.ready',
]);

/** What was said to a question, or to the last one that was answered where none is named; null for nothing. */
function answerTo(events: readonly SessionEvent[], questionId: number | null): string | null {
  const talk = events.filter(
    ({ body }) => body.type === 'question.asked' || body.type === 'question.answered',
  );
  const said =
    questionId === null
      ? talk.findLast(({ body }) => body.type === 'question.answered')
      : talk.find(({ id }) => id > questionId);
  return said?.body.type === 'question.answered' ? said.body.text : null;
}

async function lastOffer(em: EntityManager, turnId: string): Promise<readonly string[]> {
  const offer = (await eventsOfTurn(em, turnId)).findLast(({ body }) => body.type === 'turn.repo_needed');
  return offer?.body.type === 'turn.repo_needed' ? offer.body.choices : [];
}

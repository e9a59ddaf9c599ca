// One of several: the repo of a request, an option of a question. The list is read from the log, never the button.
import { parseChoice } from '../../blocks/actions.ts';
import { alreadyChosen, couldNot, outOfDate } from '../../blocks/ephemeral.ts';
import type { EntityManager } from '../../db/database.ts';
import { Turn } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/events.ts';
import { offerSteering } from '../../db/steering.ts';
import { answerWaiting, stopTurn, withdrawTurn } from '../../db/turns.ts';
import { queueReceived } from '../admission/queue.ts';
import type { Click } from './click.ts';
import { type Desk, findInReach, onTurn, type Reply, refusal } from './desk.ts';

/** The repo that a request is for, remembered for the thread. */
export async function pickRepo(desk: Desk, click: Click): Promise<Reply> {
  const choice = parseChoice(click.value);
  if (choice === null) return outOfDate();
  const actor = await desk.directory.actor(click.userId);
  return onTurn(desk, choice.turnId, click.channelId, async (em, { turn, session }) => {
    const refused = refusal(desk.config, actor, ['start']);
    if (refused !== null) return refused;
    if (turn.state !== 'needs_repo') return alreadyChosen(session.repo ?? 'the request is over');
    const offered = await lastOffer(em, turn.id);
    const repo = offered[choice.place];
    if (repo === undefined || !desk.config.repos.some(({ name }) => name === repo)) return outOfDate();
    await em.execute('update session set repo = ? where id = ?', [repo, session.id]);
    const waiting = await em.find(
      Turn,
      { sessionId: session.id, state: 'needs_repo' },
      { orderBy: { position: 'asc' } },
    );
    for (const { id } of waiting) await queueReceived(em, id, 'needs_repo');
    return null;
  });
}

/** An answer to the agent's question. */
export async function pickOption(desk: Desk, click: Click): Promise<Reply> {
  const choice = parseChoice(click.value);
  if (choice === null) return outOfDate();
  const actor = await desk.directory.actor(click.userId);
  return onTurn(desk, choice.turnId, click.channelId, async (em, { turn }) => {
    const refused = refusal(desk.config, actor, ['start']);
    if (refused !== null) return refused;
    if (turn.state !== 'waiting') return alreadyChosen(turn.details.answer?.text ?? 'the question is over');
    const asked = (await eventsOfTurn(em, turn.id)).findLast(({ body }) => body.type === 'question.asked');
    const text = asked?.body.type === 'question.asked' ? asked.body.options[choice.place] : undefined;
    if (text === undefined) return outOfDate();
    await answerWaiting(em, turn.sessionId, { text, by: actor.id });
    return null;
  });
}

/** Stops a turn, wherever it is. */
export async function stop(desk: Desk, click: Click): Promise<Reply> {
  const actor = await desk.directory.actor(click.userId);
  // The session is not locked: the worker that has the turn locks the turn first, and so does this.
  return desk.database.transaction(async (em) => {
    if ((await findInReach(em, desk, click.value, click.channelId)) === null) return outOfDate();
    const refused = refusal(desk.config, actor, ['start']);
    if (refused !== null) return refused;
    return (await stopTurn(em, click.value, actor.id)) ? null : couldNot('This is over already.', '');
  });
}

/** Hands a waiting turn's text to the one at work. */
export async function sendNow(desk: Desk, click: Click): Promise<Reply> {
  const actor = await desk.directory.actor(click.userId);
  // The session is not locked, for the reason given above.
  return desk.database.transaction(async (em) => {
    const found = await findInReach(em, desk, click.value, click.channelId);
    if (found === null) return outOfDate();
    const refused = refusal(desk.config, actor, ['start']);
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
export async function remove(desk: Desk, click: Click): Promise<Reply> {
  const actor = await desk.directory.actor(click.userId);
  return onTurn(desk, click.value, click.channelId, async (em, { turn }) => {
    const refused = refusal(desk.config, actor, ['start']);
    if (refused !== null) return refused;
    const removed = await withdrawTurn(em, turn.id, { by: actor.id, how: 'removed' });
    return removed ? null : couldNot('This does not wait any more.', '');
  });
}

async function lastOffer(em: EntityManager, turnId: string): Promise<readonly string[]> {
  const offer = (await eventsOfTurn(em, turnId)).findLast(({ body }) => body.type === 'turn.repo_needed');
  return offer?.body.type === 'turn.repo_needed' ? offer.body.choices : [];
}

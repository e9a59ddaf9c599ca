// View diff: a modal with the change, page by page.
import { outOfDate } from '../../blocks/messages/ephemeral.ts';
import { exceedsModal, viewDiffModal } from '../../blocks/modals/view-diff.ts';
import { parseChoice, parseDiffPage } from '../../blocks/parts/actions.ts';
import type { Turn } from '../../db/entities/session.ts';
import { readArtifact } from '../../db/log/artifacts.ts';
import { appendEvents, eventsOfTurn } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { claimKey } from '../../db/turns/requests.ts';
import type { Click } from '../interaction/click.ts';
import {
  findInReach,
  type InteractionContext,
  onTurn,
  openView,
  type Reply,
} from '../interaction/context.ts';

/** Opens the diff of a result, or what a blocked merge did not expect. People who see the result in its channel may see its diff. */
export async function openDiff(ctx: InteractionContext, click: Click): Promise<Reply> {
  const view = await diffView(ctx, click.value, 0, click.channelId);
  if (view === null) return outOfDate();
  await shareWhole(ctx, click.value);
  await openView(ctx, click.triggerId, view);
  return null;
}

/** Shows another page of it in the same modal. */
export async function turnDiffPage(ctx: InteractionContext, click: Click): Promise<Reply> {
  const place = parseChoice(click.view?.metadata ?? '');
  const page = parseDiffPage(click.value);
  if (place === null || page === null || click.view === null) return null;
  const view = await diffView(ctx, place.turnId, page, null);
  if (view === null) return null;
  const { id, hash } = click.view;
  await ctx.client.views.update({ view_id: id, ...(hash === undefined ? {} : { hash }), view });
  return null;
}

/** A diff that is too long to be paged through goes to the thread as a file, once. */
async function shareWhole(ctx: InteractionContext, turnId: string): Promise<void> {
  await onTurn(ctx, turnId, null, async (em, { turn, session }) => {
    const artifactId = await diffOf(em, turn);
    if (artifactId === null || !exceedsModal(await diffText(em, ctx, artifactId))) return null;
    if (!(await claimKey(em, `whole-diff:${artifactId}`))) return null;
    await appendEvents(em, session.id, turn.id, [
      { type: 'artifact.published', artifactId, name: `${session.id}.diff`, title: 'The whole diff' },
    ]);
    return null;
  });
}

async function diffText(em: EntityManager, ctx: InteractionContext, artifactId: string): Promise<string> {
  const { content } = await readArtifact(em, ctx.content, artifactId);
  return new TextDecoder().decode(content);
}

async function diffView(ctx: InteractionContext, turnId: string, page: number, channelId: string | null) {
  const em = ctx.database.em();
  const found = await findInReach(em, ctx, turnId, channelId);
  const artifactId = found === null ? null : await diffOf(em, found.turn);
  if (found === null || artifactId === null) return null;
  const { turn, session } = found;
  const branch = turn.result?.kind === 'change' ? turn.result.branch : session.branch;
  return viewDiffModal({
    turnId,
    diff: await diffText(em, ctx, artifactId),
    page,
    whole: `The whole of it is a file in the thread, and on the branch ${branch}.`,
  });
}

/** Of a change its own diff; of a merge that was blocked what has changed since. */
async function diffOf(em: EntityManager, turn: Turn): Promise<string | null> {
  if (turn.result?.kind === 'change') return turn.result.diffArtifactId;
  if (turn.kind !== 'merge') return null;
  const blocked = (await eventsOfTurn(em, turn.id)).findLast(({ body }) => body.type === 'merge.blocked');
  return blocked?.body.type === 'merge.blocked' ? (blocked.body.diffArtifactId ?? null) : null;
}

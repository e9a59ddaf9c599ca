// View diff: a modal with the change, page by page.
import { parseDiffPage, parseDiffPlace } from '../../blocks/actions.ts';
import { outOfDate } from '../../blocks/ephemeral.ts';
import { viewDiffModal } from '../../blocks/modals/view-diff.ts';
import { readArtifact } from '../../db/artifacts.ts';
import type { Click } from './click.ts';
import { type Desk, findInReach, type Reply } from './desk.ts';

/** Opens the diff of a result. Whoever sees the result in its channel may see its diff. */
export async function openDiff(desk: Desk, click: Click): Promise<Reply> {
  const view = await diffView(desk, click.value, 0, click.channelId);
  if (view === null) return outOfDate();
  await desk.client.views.open({ trigger_id: click.triggerId, view });
  return null;
}

/** Shows another page of it in the same modal. */
export async function turnDiffPage(desk: Desk, click: Click): Promise<Reply> {
  const place = parseDiffPlace(click.view?.metadata ?? '');
  const page = parseDiffPage(click.value);
  if (place === null || page === null || click.view === null) return null;
  const view = await diffView(desk, place.turnId, page, null);
  if (view === null) return null;
  const { id, hash } = click.view;
  await desk.client.views.update({ view_id: id, ...(hash === undefined ? {} : { hash }), view });
  return null;
}

async function diffView(desk: Desk, turnId: string, page: number, channelId: string | null) {
  const em = desk.database.em();
  const found = await findInReach(em, desk, turnId, channelId);
  if (found?.turn.result?.kind !== 'change') return null;
  const { content } = await readArtifact(em, desk.content, found.turn.result.diffArtifactId);
  const diff = new TextDecoder().decode(content);
  return viewDiffModal({
    turnId,
    diff,
    page,
    whole: `The whole of it is on the branch ${found.session.branch}.`,
  });
}

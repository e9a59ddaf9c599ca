// Opens the pages of a candidate, compares their pictures with the baseline, and records how they opened.
import { hasCode, toFailure } from '../../core/errors.ts';
import { looksTheSame, type NamedShot, type PageComparison, type PageDifference } from '../../core/page.ts';
import type { SandboxBrowser, ScreencastFrame } from '../../sandbox/port/browser.ts';
import { animateFrames, comparePictures } from '../pictures/jobs.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { shotOf, type ViewedPage, viewsOf } from './page-views.ts';
import { capturePages, fileNameOf } from './pages.ts';

/** The frames that are kept while the pages open; the recording takes some of them. */
const MAX_FRAMES_KEPT = 600;

export interface PageOptions {
  readonly workspace: Workspace;
  readonly round: number;
  /** The shots of the baseline. */
  readonly before: readonly NamedShot[];
  readonly openBrowser: () => Promise<SandboxBrowser>;
}

export interface PageFindings {
  readonly pages: readonly PageComparison[];
  readonly problems: readonly string[];
  /** The artifact of the recording; null where no page looks different, or nothing moved. */
  readonly recordingId: string | null;
}

/** Opens the pages and compares them. A page that cannot be served or opened is a problem, not an error. */
export async function lookAtPages(options: PageOptions): Promise<PageFindings> {
  const { workspace, before, round } = options;
  const { serve, pages } = workspace.repoFile;
  if (serve === undefined || pages.length === 0) return { pages: [], problems: [], recordingId: null };
  await workspace.report({
    type: 'phase.progress',
    phase: 'verify',
    detail: 'Opening the pages in a browser',
  });
  let after: readonly NamedShot[] = [];
  const problems: string[] = [];
  const frames: ScreencastFrame[] = [];
  try {
    after = await capturePages({
      ...workspace,
      label: `after-r${round}`,
      openBrowser: options.openBrowser,
      onFrame: (frame) => void (frames.length < MAX_FRAMES_KEPT && frames.push(frame)),
    });
  } catch (error) {
    workspace.signal.throwIfAborted();
    problems.push(`The app could not be served and opened: ${toFailure(error).message}`);
  }
  const compared: PageComparison[] = [];
  for (const viewed of viewsOf(pages)) compared.push(await comparison(options, viewed, before, after));
  const isDifferent = compared.some((page) => page.after !== null && !looksTheSame(page));
  const recordingId = isDifferent ? await recording(options, frames) : null;
  return { pages: compared, problems: [...problems, ...new Set(compared.flatMap(newFaults))], recordingId };
}

async function comparison(
  options: PageOptions,
  viewed: ViewedPage,
  shotsBefore: readonly NamedShot[],
  shotsAfter: readonly NamedShot[],
): Promise<PageComparison> {
  const { name, path } = viewed.page;
  const [before, after] = [shotOf(shotsBefore, viewed), shotOf(shotsAfter, viewed)];
  const page = { name, path, view: viewed.view, before, after };
  const difference = await differenceOf(options, page, fileNameOf(viewed));
  return difference === null ? page : { ...page, difference };
}

async function differenceOf(
  { workspace }: PageOptions,
  page: PageComparison,
  fileName: string,
): Promise<PageDifference | null> {
  const { before, after } = page;
  if (before === null || after === null) return null;
  if (looksTheSame(page)) return { regions: [], changedShare: 0, picture: null };
  const { artifacts } = workspace;
  try {
    const [old, now] = await Promise.all([
      artifacts.read(before.artifactId),
      artifacts.read(after.artifactId),
    ]);
    const { regions, changedShare, picture } = await comparePictures(old.content, now.content);
    if (picture === null) return { regions, changedShare, picture };
    const artifact = await artifacts.save({
      kind: 'screenshot',
      name: `${fileName}-changes.png`,
      mimeType: 'image/png',
      altText: `The part of the page ${page.name} (${page.path}) that changed, before and after`,
      content: picture.png,
    });
    return { regions, changedShare, picture: { artifactId: artifact.id, beside: picture.beside } };
  } catch (error) {
    // Both pictures can still be shown as they are.
    if (!hasCode(error, 'artifact_refused')) throw error;
    workspace.log.warn('two pictures of a page could not be compared', { path: page.path, error });
    return null;
  }
}

async function recording(
  { workspace }: PageOptions,
  frames: readonly ScreencastFrame[],
): Promise<string | null> {
  try {
    const gif = await animateFrames(frames.map(({ jpeg, atMs }) => ({ content: jpeg, atMs })));
    if (gif === null) return null;
    const artifact = await workspace.artifacts.save({
      kind: 'recording',
      name: 'pages.gif',
      mimeType: 'image/gif',
      altText: 'The pages as they open after the change',
      content: gif,
    });
    return artifact.id;
  } catch (error) {
    if (!hasCode(error, 'artifact_refused')) throw error;
    workspace.log.warn('the pages were not recorded', { error });
    return null;
  }
}

/** One sentence for each fault that the page did not have at the baseline. */
function newFaults(page: PageComparison): readonly string[] {
  if (page.after === null) return [];
  const { status, consoleErrors, failedRequests } = page.after;
  const faults: string[] = [];
  if (status === null || status >= 400)
    faults.push(`${page.name} (${page.path}) answers with ${status ?? 'nothing'}.`);
  const known = new Set([...(page.before?.consoleErrors ?? []), ...(page.before?.failedRequests ?? [])]);
  for (const error of consoleErrors)
    if (!known.has(error)) faults.push(`${page.name} logs a new error: ${error}`);
  for (const request of failedRequests)
    if (!known.has(request)) faults.push(`${page.name} has a new failed request: ${request}`);
  return faults;
}

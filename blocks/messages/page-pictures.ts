// Chooses the pictures of pages that a result shows, and writes their titles. A difference is shown in one picture,
// before beside after, cropped to what changed: two whole pages in a thread are too small to compare.
import { looksTheSame, type PageComparison, type PageShot } from '../../core/page.ts';
import type { Verification } from '../../core/verification.ts';
import { count, oneLine } from '../rules/text.ts';

export interface PagePicture {
  readonly artifactId: string;
  readonly title: string;
  readonly altText: string;
}

/** A picture, or a sentence in place of a missing one. */
export type ShownPicture = PagePicture | string;

/** The pages that look different after the change, each with its differing views. */
export function changedPages(verification: Verification): readonly (readonly PageComparison[])[] {
  const pages = new Map<string, PageComparison[]>();
  for (const page of verification.pages) {
    if (!(page.before || page.after) || looksTheSame(page)) continue;
    const key = `${page.name}\n${page.path}`;
    pages.set(key, [...(pages.get(key) ?? []), page]);
  }
  return [...pages.values()];
}

/** The animation of the pages as they open; none where no page looks different. */
export function recordingOf({ recordingId }: Verification): readonly PagePicture[] {
  if (recordingId === undefined) return [];
  const title = 'Recording · the pages as they open after the change';
  return [
    { artifactId: recordingId, title, altText: 'Recording of the pages as they open after the change' },
  ];
}

/** The artifacts that a result shows. They have to be uploaded to Slack first. */
export function pictureIds(verification: Verification): readonly string[] {
  const shown = [...changedPages(verification).flat().flatMap(picturesOf), ...recordingOf(verification)];
  return shown.flatMap((picture) => (typeof picture === 'string' ? [] : [picture.artifactId]));
}

/** The pictures of one view of a page. */
export function picturesOf(page: PageComparison): readonly ShownPicture[] {
  const marked = page.difference?.picture;
  if (!marked) return [whole(page, page.before, 'before'), whole(page, page.after, 'after')];
  const { artifactId, beside } = marked;
  const what = nameOfView(page);
  const places = count(page.difference?.regions.length ?? 0, 'place');
  const changes: PagePicture = {
    artifactId,
    title: `${beside ? 'Before | After' : 'Before, and After below'} · ${what}`,
    altText: `What changed on the page ${what}: before ${beside ? 'on the left, after on the right' : 'above, after below'}, ${places} framed`,
  };
  // The whole page is shown once, in the view that most people have.
  return isPlain(page) ? [changes, whole(page, page.after, 'after')] : [changes];
}

/** `Cart (/cart) on a phone in dark mode`. */
export function nameOfView(page: PageComparison): string {
  const { view } = page;
  const where = `${view?.viewport === 'phone' ? ' on a phone' : ''}${view?.dark ? ' in dark mode' : ''}`;
  return `${oneLine(page.name, 80) || 'Page'} (${oneLine(page.path, 120)})${where}`;
}

function isPlain({ view }: PageComparison): boolean {
  return view?.viewport !== 'phone' && view?.dark !== true;
}

function whole(page: PageComparison, shot: PageShot | null, when: 'before' | 'after'): ShownPicture {
  const what = nameOfView(page);
  if (!shot) return `${what} could not be opened ${when} the change.`;
  return {
    artifactId: shot.artifactId,
    title: `${when === 'before' ? 'Before' : 'After'} · ${what}`,
    altText: `Screenshot of the page ${what} ${when} the change${answered(shot)}`,
  };
}

function answered({ status }: PageShot): string {
  if (status === null) return ', which did not answer';
  return status >= 400 ? `, which answered with status ${status}` : '';
}

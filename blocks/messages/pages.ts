// What the browser saw: screenshots before and after, console errors, failed requests.
//
// Image blocks one below the other: a card or a section's accessory would set them side by side, but as
// thumbnails or cropped, and a screenshot that cannot be read is no evidence. Side by side is in the picture.
import type { ImageBlock, KnownBlock } from '@slack/types';
import type { Verification } from '../../core/event.ts';
import { looksTheSame, type PageComparison, type PageView } from '../../core/page.ts';
import { compact, context, plain } from '../parts/message.ts';
import { bold, richText, section, shortList, words } from '../parts/rich.ts';
import { IMAGE_TEXT_MAX } from '../rules/limits.ts';
import { count, oneLine } from '../rules/text.ts';
import { changedPages, nameOfView, picturesOf, recordingOf, type ShownPicture } from './page-pictures.ts';

const PAGES_MAX = 3;
const LINES_MAX = 8;
const LINE_CHARS_MAX = 240;
const DESKTOP: PageView = { viewport: 'desktop', dark: false };

type Files = Readonly<Record<string, string>>;

/**
 * Pictures of the pages that look different, before and after; the others and missing uploads are named in
 * words.
 */
export function screenshotBlocks(verification: Verification, files: Files): KnownBlock[] {
  const pages = changedPages(verification);
  const blocks = pages
    .slice(0, PAGES_MAX)
    .flatMap((views) => views.flatMap(picturesOf))
    .flatMap((picture) => shown(picture, files));
  const rest = pages.length - PAGES_MAX;
  const more =
    rest > 0 ? context(`${count(rest, 'more page')} compared; the pictures are not shown here.`) : null;
  const same = unchanged(verification);
  const note = same.length > 0 ? context(`Looks the same as before: ${same.join(', ')}.`) : null;
  const film = recordingOf(verification).flatMap((picture) => shown(picture, files));
  const opened = verification.pages.filter((page) => page.before || page.after);
  return compact(blocks, film, more, note, context(...new Set(opened.map(goneLine))));
}

/** What looks the same: a page in all its views by its name, else only that view. */
function unchanged(verification: Verification): readonly string[] {
  const opened = verification.pages.filter((page) => page.before || page.after);
  const same = opened.filter(looksTheSame).map((page) => {
    const views = opened.filter(({ name, path }) => name === page.name && path === page.path);
    return views.every(looksTheSame) ? nameOfView({ ...page, view: DESKTOP }) : nameOfView(page);
  });
  return [...new Set(same)];
}

/** What the change mended in the browser. */
function goneLine({ name, before, after }: PageComparison): string {
  if (!before || !after) return '';
  const still = [...after.consoleErrors, ...after.failedRequests];
  const gone = [...before.consoleErrors, ...before.failedRequests].filter((line) => !still.includes(line));
  if (gone.length === 0) return '';
  const were = gone.length === 1 ? 'is' : 'are';
  return `${oneLine(name, 60)}: ${count(gone.length, 'browser error')} from before the change ${were} gone.`;
}

function shown(picture: ShownPicture, files: Files): KnownBlock[] {
  if (typeof picture === 'string') return compact(context(picture));
  const id = files[picture.artifactId];
  if (id === undefined || !/^F[A-Z0-9]{8,}$/.test(id))
    return compact(context(`A picture is not available in Slack: ${picture.altText}.`));
  const image: ImageBlock = {
    type: 'image',
    slack_file: { id },
    title: plain(picture.title, IMAGE_TEXT_MAX),
    alt_text: picture.altText,
  };
  return [image];
}

/**
 * One sentence each: why it is not verified, and what the browser complained about after the change. What the
 * heading says already is left out.
 */
export function problemBlocks(verification: Verification, heading = ''): KnownBlock[] {
  const lines = problemLines(verification).filter((line) => !heading.endsWith(line));
  if (lines.length === 0) return [];
  const items = lines.map((line) => section(words(oneLine(line, LINE_CHARS_MAX))));
  return [richText(section(bold('Worth a look')), shortList(items, LINES_MAX))];
}

/** The same as plain lines. */
export function problemLines(verification: Verification): readonly string[] {
  const lines = [...verification.problems, ...verification.pages.flatMap(pageLines)];
  return [...new Set(lines.filter((line) => line.trim() !== ''))];
}

function pageLines(page: PageComparison): readonly string[] {
  const name = oneLine(page.name, 60);
  const { before, after } = page;
  if (!after) return [`${name}: the page could not be opened after the change`];
  const isNew = (line: string, old: readonly string[] | undefined) =>
    old && !old.includes(line) ? ' (new)' : '';
  return [
    ...(after.status !== null && after.status >= 400
      ? [`${name}: answered with status ${after.status}`]
      : []),
    ...after.consoleErrors.map(
      (line) => `${name}: console error${isNew(line, before?.consoleErrors)}: ${line}`,
    ),
    ...after.failedRequests.map(
      (line) => `${name}: failed request${isNew(line, before?.failedRequests)}: ${line}`,
    ),
  ];
}

// The pages of a verification as blocks: screenshots before and after, console errors, failed requests.
//
// Each picture is an image block of its own. Cards and accessories would stand side by side, but as thumbnails or
// cropped, and an unreadable screenshot is no evidence; the picture itself has before beside after.
import type { ImageBlock, KnownBlock } from '@slack/types';
import { looksTheSame, type PageComparison, type PageView } from '../../core/page.ts';
import type { Verification } from '../../core/verification.ts';
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
 * The pictures of the pages that look different, before and after. Unchanged pages and missing uploads are named
 * in words.
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

/** The names of what looks the same: a page where all its views do, else the views. */
function unchanged(verification: Verification): readonly string[] {
  const opened = verification.pages.filter((page) => page.before || page.after);
  const same = opened.filter(looksTheSame).map((page) => {
    const views = opened.filter(({ name, path }) => name === page.name && path === page.path);
    return views.every(looksTheSame) ? nameOfView({ ...page, view: DESKTOP }) : nameOfView(page);
  });
  return [...new Set(same)];
}

/** The number of browser errors that the change has removed from a page; empty for none. */
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
 * A list of why the change is not verified, and of errors in the browser after the change. A problem that the
 * heading names is left out.
 */
export function problemBlocks(verification: Verification, heading = ''): KnownBlock[] {
  const lines = problemLines(verification).filter((line) => !heading.endsWith(line));
  if (lines.length === 0) return [];
  const items = lines.map((line) => section(words(oneLine(line, LINE_CHARS_MAX))));
  return [richText(section(bold('Worth a look')), shortList(items, LINES_MAX))];
}

/** The same problems as plain lines. */
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

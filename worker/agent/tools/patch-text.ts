// Applies the hunks of a patch to a text. What stays keeps its bytes, also where the patch only nearly
// quotes it.
import type { Hunk } from './patch-format.ts';
import { plainPunctuation } from './punctuation.ts';

export type PatchedText = { readonly text: string } | { readonly refusal: string };

/**
 * From exact to forgiving: models drop trailing white space, now and then the indentation of context, and write
 * typographic quotes, dashes and spaces as those of a keyboard, or the other way round.
 */
const SAME: readonly ((a: string, b: string) => boolean)[] = [
  (a, b) => a === b,
  (a, b) => a.trimEnd() === b.trimEnd(),
  (a, b) => a.trim() === b.trim(),
  (a, b) => plainPunctuation(a).trim() === plainPunctuation(b).trim(),
];

/** Applies all hunks in order, or says which one was not found. */
export function patchText(text: string, hunks: readonly Hunk[], path: string): PatchedText {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const hasLastBreak = text === '' || text.endsWith('\n');
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
  const patched: string[] = [];
  let at = 0;
  for (const [number, hunk] of hunks.entries()) {
    const from = behindAnchors(lines, hunk.anchors, at);
    if (from === null) return { refusal: notFound(path, number, hunk.anchors[0] ?? '') };
    const old = hunk.lines.filter((line) => line.kind !== 'add').map((line) => line.text);
    const place = placeOf(lines, old, from, hunk.anchors.length > 0, hunk.atEnd);
    if (place === null)
      return { refusal: notFound(path, number, old.find((line) => line.trim() !== '') ?? '') };
    patched.push(...lines.slice(at, place));
    at = place;
    for (const line of hunk.lines) {
      if (line.kind === 'add') patched.push(line.text);
      else {
        if (line.kind === 'context') patched.push(lines[at] ?? '');
        at += 1;
      }
    }
  }
  patched.push(...lines.slice(at));
  const joined = patched.join(lineEnd);
  return { text: hasLastBreak && patched.length > 0 ? joined + lineEnd : joined };
}

function behindAnchors(lines: readonly string[], anchors: readonly string[], start: number): number | null {
  let at = start;
  for (const anchor of anchors) {
    const found = firstFound((same) => lines.findIndex((line, index) => index >= at && same(line, anchor)));
    if (found === null) return null;
    at = found + 1;
  }
  return at;
}

function placeOf(
  lines: readonly string[],
  old: readonly string[],
  from: number,
  anchored: boolean,
  atEnd: boolean,
): number | null {
  // Nothing to go by but the anchors: right behind them, else at the end.
  if (old.length === 0) return anchored && !atEnd ? from : lines.length;
  const last = lines.length - old.length;
  const fits = (place: number, same: (a: string, b: string) => boolean): boolean =>
    old.every((line, index) => same(lines[place + index] ?? '', line));
  if (atEnd && last >= from && SAME.some((same) => fits(last, same))) return last;
  return firstFound((same) => {
    for (let place = from; place <= last; place += 1) if (fits(place, same)) return place;
    return -1;
  });
}

function firstFound(find: (same: (a: string, b: string) => boolean) => number): number | null {
  for (const same of SAME) {
    const found = find(same);
    if (found !== -1) return found;
  }
  return null;
}

function notFound(path: string, number: number, line: string): string {
  const quoted = JSON.stringify(line.slice(0, 120));
  return `Hunk ${number + 1} of ${path} was not found (looked for ${quoted}). Nothing was changed. Read the file and quote it exactly.`;
}

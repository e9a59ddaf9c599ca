// Parses git's unified diff into files to show. It never throws: text that it cannot parse becomes a file too.

export interface FileDiff {
  readonly path: string;
  /** `new file`, `deleted`, `binary`, `renamed from a.ts`, …; empty for a plain change. */
  readonly note: string;
  /** The hunks without git's header lines; empty for binary files and pure renames. */
  readonly text: string;
  readonly additions: number;
  readonly deletions: number;
}

/** The files of a diff, in its order. */
export function parseDiff(diff: string): readonly FileDiff[] {
  if (diff.trim() === '') return [];
  const pieces = diff.split(/^(?=diff --git )/m).filter((piece) => piece.trim() !== '');
  return pieces.map(parseFile);
}

function parseFile(piece: string): FileDiff {
  const lines = piece.split('\n');
  const hunk = lines.findIndex((line) => line.startsWith('@@'));
  const isGit = lines[0]?.startsWith('diff --git ') ?? false;
  const head = isGit ? lines.slice(0, hunk < 0 ? lines.length : hunk) : [];
  const body = isGit ? (hunk < 0 ? [] : lines.slice(hunk)) : lines;
  return {
    path: pathOf(head),
    note: noteOf(head),
    text: body.join('\n').trimEnd(),
    additions: body.filter((line) => line.startsWith('+')).length,
    deletions: body.filter((line) => line.startsWith('-')).length,
  };
}

function pathOf(head: readonly string[]): string {
  const named = (prefix: string) => head.find((line) => line.startsWith(prefix))?.slice(prefix.length);
  const renamed = named('rename to ') ?? named('copy to ');
  if (renamed !== undefined) return unquoted(renamed);
  for (const side of ['+++ ', '--- ']) {
    const path = named(side);
    if (path !== undefined && path !== '/dev/null') return unquoted(path).replace(/^[ab]\//, '');
  }
  const both = head[0]?.slice('diff --git '.length) ?? '';
  const quoted = /"(?:[^"\\]|\\.)*"$/.exec(both);
  if (quoted) return unquoted(quoted[0]).replace(/^b\//, '');
  // Both halves are the same path, so they meet in the middle, also where the path holds spaces.
  const half = both.slice(Math.ceil(both.length / 2));
  return half.replace(/^b\//, '') || 'diff';
}

function noteOf(head: readonly string[]): string {
  const notes = head.flatMap((line) => {
    if (line.startsWith('new file')) return ['new file'];
    if (line.startsWith('deleted file')) return ['deleted'];
    if (line.startsWith('rename from '))
      return [`renamed from ${unquoted(line.slice('rename from '.length))}`];
    if (/^Binary files |^GIT binary patch/.test(line)) return ['binary'];
    if (line.startsWith('new mode ')) return ['mode changed'];
    return [];
  });
  return notes.join(' · ');
}

/** Git writes unusual paths in quotes, with bytes as octal numbers. */
function unquoted(path: string): string {
  const trimmed = path.replace(/\t$/, '');
  if (!/^".*"$/.test(trimmed)) return trimmed;
  const bytes: number[] = [];
  for (const [, octal, escaped, plain] of trimmed.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else bytes.push(...new TextEncoder().encode(plain ?? controls[escaped ?? ''] ?? escaped ?? ''));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

const controls: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

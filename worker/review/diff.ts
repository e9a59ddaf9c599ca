// Reads a unified diff into files and lines, for the rules that judge it.

export interface DiffLine {
  /** `context`: the line is the same on both sides. */
  readonly kind: 'added' | 'removed' | 'context';
  readonly text: string;
  /** Counts in the old file for a removed line, in the new one for all others. */
  readonly number: number;
  /** Counts the hunks of the file: lines of one hunk belong together. */
  readonly hunk: number;
}

export interface DiffFile {
  /** The path after the change; the one before it where the file was deleted. */
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed';
  /** Its path before a rename. */
  readonly from?: string;
  readonly lines: readonly DiffLine[];
}

interface OpenFile {
  path: string;
  status: DiffFile['status'];
  from?: string;
  readonly lines: DiffLine[];
}

const KINDS: Readonly<Record<string, DiffLine['kind']>> = { '+': 'added', '-': 'removed', ' ': 'context' };

/** The next line numbers of both sides, and how many lines of the hunk are left on each. */
interface Place {
  readonly before: number;
  readonly after: number;
  readonly leftBefore: number;
  readonly leftAfter: number;
}

const OUTSIDE: Place = { before: 0, after: 0, leftBefore: 0, leftAfter: 0 };

/** Reads the output of `git diff`. Lines that it does not understand are passed over, so a cut diff is read too. */
export function readDiff(text: string): readonly DiffFile[] {
  const files: OpenFile[] = [];
  let file: OpenFile | undefined;
  let hunk = 0;
  let place = OUTSIDE;
  for (const line of text.split('\n')) {
    // Within a hunk a line may look like any header, so its announced length decides.
    if (file !== undefined && (place.leftBefore > 0 || place.leftAfter > 0)) {
      const kind = KINDS[line[0] ?? ' '];
      if (kind !== undefined) {
        const number = kind === 'removed' ? place.before : place.after;
        file.lines.push({ kind, text: line.slice(1), number, hunk });
        place = placeAfter(place, kind);
        continue;
      }
    }
    const header = /^diff --git (?:"?a\/.*?"?) "?b\/(.*?)"?$/.exec(line);
    if (header !== null) {
      file = { path: header[1] ?? '', status: 'modified', lines: [] };
      files.push(file);
      place = OUTSIDE;
      continue;
    }
    if (file === undefined) continue;
    if (line.startsWith('new file mode')) file.status = 'added';
    if (line.startsWith('deleted file mode')) file.status = 'deleted';
    if (line.startsWith('rename from ')) file.from = line.slice('rename from '.length);
    if (line.startsWith('rename to ')) file.status = 'renamed';
    const opened = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (opened === null) continue;
    hunk += 1;
    place = {
      before: Number(opened[1]),
      leftBefore: Number(opened[2] ?? 1),
      after: Number(opened[3]),
      leftAfter: Number(opened[4] ?? 1),
    };
  }
  return files;
}

function placeAfter({ before, after, leftBefore, leftAfter }: Place, kind: DiffLine['kind']): Place {
  const [onOld, onNew] = [kind === 'added' ? 0 : 1, kind === 'removed' ? 0 : 1];
  return {
    before: before + onOld,
    after: after + onNew,
    leftBefore: leftBefore - onOld,
    leftAfter: leftAfter - onNew,
  };
}

/** The lines of each hunk. */
export function hunksOf(file: DiffFile): readonly (readonly DiffLine[])[] {
  return [...Map.groupBy(file.lines, ({ hunk }) => hunk).values()];
}

export function added(file: DiffFile): readonly DiffLine[] {
  return file.lines.filter((line) => line.kind === 'added');
}

export function removed(file: DiffFile): readonly DiffLine[] {
  return file.lines.filter((line) => line.kind === 'removed');
}

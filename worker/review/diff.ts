// A unified diff, read into files and lines, for rules that judge it.

export interface DiffLine {
  /** `context`: it stands on both sides, beside what changed. */
  readonly kind: 'added' | 'removed' | 'context';
  readonly text: string;
  /** In the old file for a removed line, in the new one for all others. */
  readonly number: number;
  /** Counts the hunks of the file: lines of one hunk belong together. */
  readonly hunk: number;
}

export interface DiffFile {
  /** After the change; before it where the file was deleted. */
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

/** Reads what `git diff` writes. What it does not understand it passes over: a cut diff is read to its end. */
export function readDiff(text: string): readonly DiffFile[] {
  const files: OpenFile[] = [];
  let file: OpenFile | undefined;
  let hunk = 0;
  let place = { before: 0, after: 0, leftBefore: 0, leftAfter: 0 };
  for (const line of text.split('\n')) {
    // Within a hunk a line may look like any header, so its announced length decides.
    if (file !== undefined && (place.leftBefore > 0 || place.leftAfter > 0)) {
      const sign = line[0] ?? ' ';
      if (sign === '+') {
        file.lines.push({ kind: 'added', text: line.slice(1), number: place.after, hunk });
        place = { ...place, after: place.after + 1, leftAfter: place.leftAfter - 1 };
        continue;
      }
      if (sign === '-') {
        file.lines.push({ kind: 'removed', text: line.slice(1), number: place.before, hunk });
        place = { ...place, before: place.before + 1, leftBefore: place.leftBefore - 1 };
        continue;
      }
      if (sign === ' ' || line === '') {
        const { before, after, leftBefore, leftAfter } = place;
        file.lines.push({ kind: 'context', text: line.slice(1), number: after, hunk });
        place = {
          before: before + 1,
          after: after + 1,
          leftBefore: leftBefore - 1,
          leftAfter: leftAfter - 1,
        };
        continue;
      }
    }
    const header = /^diff --git (?:"?a\/.*?"?) "?b\/(.*?)"?$/.exec(line);
    if (header !== null) {
      file = { path: header[1] ?? '', status: 'modified', lines: [] };
      files.push(file);
      place = { before: 0, after: 0, leftBefore: 0, leftAfter: 0 };
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

// The patch format that OpenAI's models are trained on: file sections with hunks found by their context,
// not by line numbers.

export interface HunkLine {
  readonly kind: 'context' | 'remove' | 'add';
  readonly text: string;
}

export interface Hunk {
  /** Lines after `@@`, in order: the hunk is looked for behind them. */
  readonly anchors: readonly string[];
  readonly lines: readonly HunkLine[];
  /** The hunk is at the end of the file. */
  readonly atEnd: boolean;
}

export type FilePatch =
  | { readonly kind: 'add'; readonly path: string; readonly lines: readonly string[] }
  | { readonly kind: 'delete'; readonly path: string }
  | {
      readonly kind: 'update';
      readonly path: string;
      readonly moveTo: string | null;
      readonly hunks: readonly Hunk[];
    };

export type ParsedPatch = { readonly files: readonly FilePatch[] } | { readonly refusal: string };

const SECTION = /^\*\*\* (Add|Delete|Update) File: (.+)$/;
const MOVE = /^\*\*\* Move to: (.+)$/;
const BEGIN = '*** Begin Patch';
const END = '*** End Patch';
const END_OF_FILE = '*** End of File';

/** Parses a patch, or says for the model which line is not right. */
export function parsePatch(text: string): ParsedPatch {
  const lines = text.trim().split(/\r?\n/);
  if (lines[0]?.trim() !== BEGIN) return { refusal: `The patch must begin with "${BEGIN}".` };
  if (lines.at(-1)?.trim() !== END) return { refusal: `The patch must end with "${END}".` };
  const body = lines.slice(1, -1);
  const files: FilePatch[] = [];
  for (let at = 0; at < body.length; ) {
    const [, kind, path] = SECTION.exec(body[at]?.trimEnd() ?? '') ?? [];
    if (kind === undefined || path === undefined) {
      return {
        refusal: `Line ${at + 2} of the patch is not "*** Add File: …", "*** Update File: …" or "*** Delete File: …".`,
      };
    }
    const next = body.findIndex((line, index) => index > at && SECTION.test(line));
    const end = next === -1 ? body.length : next;
    const section = body.slice(at + 1, end);
    const parsed = parseSection(kind, path.trim(), section, at + 3);
    if ('refusal' in parsed) return parsed;
    files.push(parsed);
    at = end;
  }
  return files.length === 0 ? { refusal: 'The patch names no file.' } : { files };
}

function parseSection(
  kind: string,
  path: string,
  section: readonly string[],
  firstLine: number,
): FilePatch | { readonly refusal: string } {
  if (kind === 'Delete') return { kind: 'delete', path };
  if (kind === 'Add') {
    const wrong = section.findIndex((line) => !line.startsWith('+'));
    if (wrong !== -1)
      return { refusal: `Line ${firstLine + wrong} of the patch must begin with + in a new file.` };
    return { kind: 'add', path, lines: section.map((line) => line.slice(1)) };
  }
  const moveTo = MOVE.exec(section[0]?.trimEnd() ?? '')?.[1]?.trim() ?? null;
  const start = moveTo === null ? 0 : 1;
  const hunks = parseHunks(section.slice(start), firstLine + start);
  if ('refusal' in hunks) return hunks;
  if (hunks.length === 0 && moveTo === null) return { refusal: `The section of ${path} changes nothing.` };
  return { kind: 'update', path, moveTo, hunks };
}

function parseHunks(
  lines: readonly string[],
  firstLine: number,
): readonly Hunk[] | { readonly refusal: string } {
  const hunks: Hunk[] = [];
  let anchors: string[] = [];
  let current: HunkLine[] = [];
  const close = (atEnd: boolean): void => {
    if (current.length > 0) hunks.push({ anchors, lines: current, atEnd });
    if (current.length > 0) anchors = [];
    current = [];
  };
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('@@')) {
      close(false);
      const anchor = line.slice(2).trim();
      // `@@ -1,4 +1,5 @@` comes from models that mix the formats up; its numbers are not to be trusted.
      if (anchor !== '' && !/^-\d.*@@/.test(anchor)) anchors.push(anchor);
    } else if (line.trimEnd() === END_OF_FILE) close(true);
    else if (line === '') current.push({ kind: 'context', text: '' });
    else if (line.startsWith(' ')) current.push({ kind: 'context', text: line.slice(1) });
    else if (line.startsWith('-')) current.push({ kind: 'remove', text: line.slice(1) });
    else if (line.startsWith('+')) current.push({ kind: 'add', text: line.slice(1) });
    else return { refusal: `Line ${firstLine + index} of the patch must begin with a space, + or -.` };
  }
  close(false);
  return hunks;
}

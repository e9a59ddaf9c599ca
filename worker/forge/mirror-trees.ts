// The files in a mirror: what a commit has, and what differs between two.
import { createHash } from 'node:crypto';
import type { ChangedFile } from '../../core/result.ts';
import { BROKEN, git, tryGit } from './git.ts';

type Entry =
  | { readonly kind: 'file'; readonly sizeBytes: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'submodule' };

/** A file, link or submodule that a commit added or changed. */
export type ChangedEntry = Entry & { readonly path: string };

/** Only reads, so each method may be called any number of times. Unknown commits throw `internal`. */
export interface MirrorTrees {
  /** The id of a commit's tree. */
  treeOf(commit: string): Promise<string>;
  /** Paths of all files of a commit. */
  list(commit: string): Promise<readonly string[]>;
  /** A hash over the content of those files of a commit that `pick` chooses. */
  fingerprint(commit: string, pick: (paths: readonly string[]) => readonly string[]): Promise<string>;
  /** A file of a commit, or null where it has none. Does not throw. */
  readText(commit: string, path: string): Promise<string | null>;
  /** Files that differ, with added and deleted lines; renames are found. */
  changes(from: string, to: string): Promise<readonly ChangedFile[]>;
  /** Entries of `to` that `from` lacks or has differently, read one by one. */
  changedEntries(from: string, to: string): Promise<readonly ChangedEntry[]>;
  /** A unified diff, at most `maxBytes` long; a last line says that more was left out. */
  diff(from: string, to: string, maxBytes: number): Promise<string>;
}

/** The trees of the mirror at `path`. */
export function treesOf(path: string): MirrorTrees {
  const run = (...args: string[]) => git(['--git-dir', path, ...args], BROKEN);
  const runList = async (...args: string[]) => (await run(...args)).split('\0').filter((part) => part !== '');
  const diffTree = (...args: string[]) =>
    run('diff-tree', '-r', '-z', '--no-ext-diff', '--no-textconv', ...args);
  const readEntry = async (mode: string, object: string): Promise<Entry | undefined> => {
    if (mode === '160000') return { kind: 'submodule' };
    if (mode === '120000') return { kind: 'link', target: await run('cat-file', 'blob', object) };
    if (!mode.startsWith('100')) return undefined;
    return { kind: 'file', sizeBytes: Number(await run('cat-file', '-s', object)) };
  };
  return {
    treeOf: (commit) => run('rev-parse', '--verify', '-q', `${commit}^{tree}`),
    list: (commit) => runList('ls-tree', '-r', '-z', '--name-only', commit),
    fingerprint: async (commit, pick) => {
      const lines = await runList('ls-tree', '-r', '-z', commit);
      const blobs = new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line]));
      const hash = createHash('sha256');
      for (const file of pick([...blobs.keys()])) hash.update(`${blobs.get(file) ?? ''}\0`);
      return hash.digest('hex');
    },
    readText: async (commit, file) => {
      const result = await tryGit(['--git-dir', path, 'cat-file', 'blob', `${commit}:${file}`]);
      return result.exitCode === 0 ? result.stdout.toString('utf8') : null;
    },
    changes: async (from, to) =>
      readChanges(
        await diffTree('-M', '--numstat', from, to),
        await diffTree('-M', '--name-status', from, to),
      ),
    changedEntries: async (from, to) => {
      const fields = (await diffTree('--diff-filter=d', '--no-renames', from, to)).split('\0');
      const entries: ChangedEntry[] = [];
      for (let index = 0; index + 1 < fields.length; index += 2) {
        const [, mode = '', , object = ''] = (fields[index] ?? '').replace(/^:/, '').split(' ');
        const entry = await readEntry(mode, object);
        if (entry !== undefined) entries.push({ path: fields[index + 1] ?? '', ...entry });
      }
      return entries;
    },
    diff: async (from, to, maxBytes) => {
      const text = await run('diff', '-M', '--no-color', '--no-ext-diff', '--no-textconv', from, to);
      if (Buffer.byteLength(text) <= maxBytes) return text;
      return `${Buffer.from(text).subarray(0, maxBytes).toString('utf8')}\n… the rest of the diff is left out …\n`;
    },
  };
}

function readChanges(numstat: string, nameStatus: string): readonly ChangedFile[] {
  const kinds = new Map<string, ChangedFile['status']>();
  const names = nameStatus.split('\0');
  for (let index = 0; index + 1 < names.length; ) {
    const letter = names[index] ?? '';
    const renamed = letter.startsWith('R') || letter.startsWith('C');
    const file = names[index + (renamed ? 2 : 1)] ?? '';
    kinds.set(file, renamed ? 'renamed' : letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'modified');
    index += renamed ? 3 : 2;
  }
  const changes: ChangedFile[] = [];
  const stats = numstat.split('\0');
  for (let index = 0; index < stats.length; ) {
    const match = /^(-|\d+)\t(-|\d+)\t(.*)$/s.exec(stats[index] ?? '');
    if (match === null) break;
    // A rename has an empty name here and its two names in the next two fields.
    const renamed = match[3] === '';
    const file = renamed ? (stats[index + 2] ?? '') : (match[3] ?? '');
    const count = (text: string | undefined) => (text === '-' ? null : Number(text));
    changes.push({
      path: file,
      status: kinds.get(file) ?? 'modified',
      additions: count(match[1]),
      deletions: count(match[2]),
    });
    index += renamed ? 3 : 1;
  }
  return changes;
}

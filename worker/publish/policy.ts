// What a change may not touch: files through which it would get rights that its reviewer does not expect.

import type { ChangedFile } from '../../core/result.ts';
import { git } from '../forge/git.ts';
import type { Mirror } from '../forge/mirror.ts';

const MAX_FILE_BYTES = 20 * 1024 * 1024;
const REFUSED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^\.github\/workflows\//, why: 'workflows run with the credentials of the repo' },
  { pattern: /(^|\/)CODEOWNERS$/, why: 'it decides who has to review' },
  { pattern: /^\.gitmodules$/, why: 'submodules fetch code from elsewhere' },
];

/** One sentence for each reason not to publish the change from `parent` to `commit`. */
export async function refusals(
  mirror: Mirror,
  parent: string,
  commit: string,
  files: readonly ChangedFile[],
): Promise<readonly string[]> {
  const byPath = files.flatMap((file) =>
    REFUSED.filter((rule) => rule.pattern.test(file.path)).map(
      (rule) => `${file.path} may not be changed: ${rule.why}.`,
    ),
  );
  return [...byPath, ...(await refusedEntries(mirror, parent, commit))];
}

/** Links that leave the tree, submodules, and files of a size that nobody can review. */
async function refusedEntries(mirror: Mirror, parent: string, commit: string): Promise<readonly string[]> {
  const failure = {
    code: 'internal',
    what: 'The change could not be read',
    advice: 'Reply in the thread to try again.',
  } as const;
  const flags = [
    '--git-dir',
    mirror.path,
    'diff-tree',
    '-r',
    '-z',
    '--no-ext-diff',
    '--diff-filter=d',
    '--no-renames',
  ];
  const fields = (await git([...flags, parent, commit], failure)).split('\0');
  const found: string[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , object = ''] = (fields[index] ?? '').replace(/^:/, '').split(' ');
    const path = fields[index + 1] ?? '';
    if (mode === '160000') found.push(`${path} may not be changed: submodules fetch code from elsewhere.`);
    if (mode === '120000') {
      const target = await git(['--git-dir', mirror.path, 'cat-file', 'blob', object], failure);
      if (leavesTree(path, target))
        found.push(`${path} may not be a link to ${target}, which is outside the repo.`);
    }
    if (mode.startsWith('100')) {
      const sizeBytes = Number(await git(['--git-dir', mirror.path, 'cat-file', '-s', object], failure));
      if (sizeBytes > MAX_FILE_BYTES)
        found.push(`${path} has ${Math.round(sizeBytes / 2 ** 20)} MB, more than can be reviewed.`);
    }
  }
  return found;
}

function leavesTree(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

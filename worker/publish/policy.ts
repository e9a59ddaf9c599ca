// Refuses changes of files that would give a change rights which its reviewer does not expect.
import type { Mirror } from '../forge/mirror.ts';

const MAX_FILE_BYTES = 20 * 1024 * 1024;
const REFUSED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^\.github\/workflows\//, why: 'workflows run with the credentials of the repo' },
  { pattern: /(^|\/)CODEOWNERS$/, why: 'it decides who has to review' },
  { pattern: /^\.gitmodules$/, why: 'submodules fetch code from elsewhere' },
];

/** One sentence for each reason not to publish the change from `parent` to `commit`. */
export async function refusals(mirror: Mirror, parent: string, commit: string): Promise<readonly string[]> {
  const byPath = (await mirror.trees.changes(parent, commit)).flatMap((file) =>
    REFUSED.filter((rule) => rule.pattern.test(file.path)).map(
      (rule) => `${file.path} may not be changed: ${rule.why}.`,
    ),
  );
  return [...byPath, ...(await refusedEntries(mirror, parent, commit))];
}

/** One sentence for each link out of the tree, submodule, and file that is too large for a review. */
async function refusedEntries({ trees }: Mirror, parent: string, commit: string): Promise<readonly string[]> {
  return (await trees.changedEntries(parent, commit)).flatMap((entry) => {
    const { path } = entry;
    switch (entry.kind) {
      case 'submodule':
        return [`${path} may not be changed: submodules fetch code from elsewhere.`];
      case 'link':
        if (!leavesTree(path, entry.target)) return [];
        return [`${path} may not be a link to ${entry.target}, which is outside the repo.`];
      case 'file':
        if (entry.sizeBytes <= MAX_FILE_BYTES) return [];
        return [`${path} has ${Math.round(entry.sizeBytes / 2 ** 20)} MB, more than can be reviewed.`];
    }
  });
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

// Imports a tree from a bundle that a sandbox made and that may be hostile. It is unpacked and checked in a repo that is
// thrown away, and only what passed is fetched into the mirror.
import { ThreadsmithError } from '../../core/errors.ts';
import { inBorrowingRepo } from './borrowing-repo.ts';
import { type GitFailure, git, tryGit } from './git.ts';

const REFUSED: GitFailure = {
  code: 'change_refused',
  what: 'The change could not be taken out of the sandbox',
  advice: 'Reply in the thread to let the agent try again.',
};
const INCOMING = 'refs/threadsmith/incoming';
const HEADER_MAX_BYTES = 64 * 1024;

/**
 * Git makes these warnings or less by default, and `fetch.fsckObjects` does not check bundles.
 * https://git-scm.com/docs/git-fsck#_fsck_messages
 */
const STRICT = [
  'hasDot',
  'hasDotdot',
  'hasDotgit',
  'emptyName',
  'fullPathname',
  'nullSha1',
  'zeroPaddedFilemode',
  'gitmodulesSymlink',
  'gitattributesSymlink',
  'gitignoreSymlink',
  'mailmapSymlink',
]
  .map((message) => `${message}=error`)
  .join(',');

/** Imports the tree of `ref` into the mirror and returns its id. Throws `change_refused` where a check fails. */
export async function importTree(mirror: string, bundle: Uint8Array, ref: string): Promise<string> {
  const { tip, pack } = readBundle(Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength), ref);
  return inBorrowingRepo(mirror, async (folder) => {
    const run = (args: readonly string[], stdin?: Uint8Array) =>
      git(['--git-dir', folder, ...args], REFUSED, stdin === undefined ? {} : { stdin });
    await run(['index-pack', '--stdin', '--fix-thin', `--strict=${STRICT}`], pack);
    const tree = await run(['rev-parse', '--verify', '-q', `${tip}^{tree}`]);
    await requireCountable(folder, tree);
    await run(['update-ref', INCOMING, tip]);
    await git(['--git-dir', mirror, 'fetch', '-q', '--no-tags', folder, `+${INCOMING}:${INCOMING}`], REFUSED);
    return tree;
  });
}

/** Parses a bundle into the commit of a ref and the pack. https://git-scm.com/docs/gitformat-bundle */
function readBundle(bundle: Buffer, ref: string): { readonly tip: string; readonly pack: Buffer } {
  const end = bundle.subarray(0, HEADER_MAX_BYTES).indexOf('\n\n');
  const header = bundle.subarray(0, Math.max(0, end)).toString('utf8').split('\n');
  const tip = header
    .map((line) => /^([0-9a-f]{40}|[0-9a-f]{64}) (.+)$/.exec(line))
    .find((match) => match?.[2] === ref)?.[1];
  if (!/^# v[23] git bundle$/.test(header[0] ?? '') || tip === undefined)
    throw refused('what it gave is not a bundle of its work');
  return { tip, pack: bundle.subarray(end + 2) };
}

/** Refuses a tree with too many files to list: a few trees that name each other can unfold to any number. */
async function requireCountable(work: string, tree: string): Promise<void> {
  const listed = await tryGit(['--git-dir', work, 'ls-tree', '-r', '-z', '--name-only', tree]).catch(
    (cause: unknown) => {
      throw refused('its files cannot be counted', cause);
    },
  );
  if (listed.exitCode !== 0) throw refused('its files cannot be read');
}

function refused(reason: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(REFUSED.code, `${REFUSED.what}: ${reason}.`, REFUSED.advice, { cause });
}

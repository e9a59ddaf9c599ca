// A tree out of a bundle that a sandbox made. Everything in it may be a lie: it is unpacked and checked in a
// repo of its own that is thrown away, and only what passed is fetched into the mirror.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThreadsmithError } from '../../core/errors.ts';
import { BROKEN, type GitFailure, git, tryGit } from './git.ts';

const REFUSED: GitFailure = {
  code: 'change_refused',
  what: 'The change could not be taken out of the sandbox',
  advice: 'Reply in the thread to let the agent try again.',
};
const INCOMING = 'refs/threadsmith/incoming';
const HEADER_MAX_BYTES = 64 * 1024;

/**
 * By themselves these are warnings or less, and `fetch.fsckObjects` does not look into bundles at all.
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

/** Takes the tree that `ref` has in the bundle into the mirror. Throws `change_refused` where it must not. */
export async function importTree(mirror: string, bundle: Uint8Array, ref: string): Promise<string> {
  const { tip, pack } = readBundle(Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength), ref);
  const work = await mkdtemp(join(tmpdir(), 'threadsmith-import-'));
  const inWork = (args: readonly string[], stdin?: Uint8Array) =>
    git(['--git-dir', work, ...args], REFUSED, stdin === undefined ? {} : { stdin });
  try {
    await git(['init', '-q', '--bare', '--template=', work], BROKEN);
    await mkdir(join(work, 'objects', 'info'), { recursive: true });
    await writeFile(join(work, 'objects', 'info', 'alternates'), `${join(mirror, 'objects')}\n`);
    await inWork(['index-pack', '--stdin', '--fix-thin', `--strict=${STRICT}`], pack);
    const tree = await inWork(['rev-parse', '--verify', '-q', `${tip}^{tree}`]);
    await requireCountable(work, tree);
    await inWork(['update-ref', INCOMING, tip]);
    await git(['--git-dir', mirror, 'fetch', '-q', '--no-tags', work, `+${INCOMING}:${INCOMING}`], REFUSED);
    return tree;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The commit of a ref and the pack. https://git-scm.com/docs/gitformat-bundle */
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

/** A few trees that name each other can unfold to more files than there are atoms; nobody may list them. */
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

// Makes a bare Debian as a tar stream with debootstrap on this machine, for when no registry answers.
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Progress } from '../port/sandbox.ts';
import type { DebianMirrors } from './debian-mirrors.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const INSTALL_HINT = 'Install it with: apt-get install -y debootstrap debian-archive-keyring';

/**
 * Bootstraps Debian into a temporary folder, calls `use` with its tar stream, and removes the folder.
 * Needs root or password-less sudo, because packages set owners and create device nodes.
 */
export async function withBootstrappedRoot<T>(
  mirrors: DebianMirrors,
  progress: Progress,
  use: (tar: Readable) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'threadsmith-image-'));
  try {
    const argv = ['debootstrap', '--variant=minbase', '--include=ca-certificates', `--keyring=${KEYRING}`];
    await runAsRoot([...argv, '--force-check-gpg', mirrors.suite, root, mirrors.mainUrl], progress, signal);
    const tar = startAsRoot(['tar', '--numeric-owner', '--one-file-system', '-C', root, '-c', '.'], signal);
    tar.stderr.resume();
    return await use(tar.stdout);
  } finally {
    await discard(root);
  }
}

async function runAsRoot(argv: readonly string[], progress: Progress, signal?: AbortSignal): Promise<void> {
  const child = startAsRoot(argv, signal);
  const lastLines: string[] = [];
  const stages = new Set<string>();
  const onLine = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > 12) lastLines.shift();
    // One progress line for each stage (Retrieving, Extracting, Configuring), not one for each package.
    const stage = /^I: (\w+ing)\b/.exec(line)?.[1] ?? '';
    if (stage === '' || stages.has(stage)) return;
    stages.add(stage);
    progress(`debootstrap: ${stage.toLowerCase()} packages`);
  };
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', onLine);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new ThreadsmithError(
      'image_build_failed',
      'The sandbox image has to be built from Debian packages, and debootstrap could not be started.',
      INSTALL_HINT,
      { cause },
    );
  });
  if (exitCode === 0) return;
  signal?.throwIfAborted();
  const reason =
    lastLines.filter((line) => /^[EW]:|sudo|not found/.test(line)).pop() ?? lastLines.pop() ?? '';
  throw new ThreadsmithError(
    'image_build_failed',
    `debootstrap ended with exit code ${exitCode}: ${reason}`,
    `Check that debootstrap is installed, that this user is root or may sudo without a password, and that the Debian mirror answers. ${INSTALL_HINT}`,
    { retry: 'later' },
  );
}

function startAsRoot(argv: readonly string[], signal?: AbortSignal) {
  const isRoot = process.getuid?.() === 0;
  const [program = '', ...rest] = isRoot ? argv : ['sudo', '-n', ...argv];
  return spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** debootstrap mounts /proc and /sys inside its folder and leaves them there when it is interrupted. */
async function discard(root: string): Promise<void> {
  const script =
    'for m in $(awk -v r="$0" \'index($2, r "/") == 1 {print $2}\' /proc/mounts | sort -r); do umount -l "$m"; done; rm -rf --one-file-system "$0"';
  const child = startAsRoot(['sh', '-c', script, root]);
  await new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

// Trees of files in and out of a sandbox. What comes out is read as if an attacker had written it, because
// one may have: every entry is checked while the stream is read, and the first that breaks a bound ends it.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { ThreadsmithError } from '../core/errors.ts';
import { TEMP_DIR } from './image/recipe.ts';
import { REPO_DIR, type Sandbox } from './port/sandbox.ts';

const PACK_TIMEOUT_MS = 120_000;
/** All bytes are there before this begins: a parser that takes longer waits for something that never comes. */
const READ_TIMEOUT_MS = 30_000;
const PATH_MAX_CHARS = 255;

export interface TransferLimits {
  readonly maxEntries: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

export const DEFAULT_TRANSFER_LIMITS: TransferLimits = {
  maxEntries: 200,
  maxFileBytes: 10 * 1024 * 1024,
  maxTotalBytes: 50 * 1024 * 1024,
};

export interface TransferredFile {
  /** Relative to the folder that was asked for, with `/` between its parts and none of them `..`. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** Unpacks a tar of ours into a folder of the sandbox. */
export async function putTree(sandbox: Sandbox, tar: Uint8Array, folder = REPO_DIR): Promise<void> {
  const path = `${TEMP_DIR}/${randomUUID()}.tar`;
  await sandbox.write(path, tar);
  const script = 'mkdir -p "$1" && tar -xf "$0" -C "$1" --no-same-owner; code=$?; rm -f "$0"; exit $code';
  const argv = ['bash', '-c', script, path, folder];
  const result = await sandbox.run({ id: `put-${randomUUID()}`, argv, cwd: '/', timeoutMs: PACK_TIMEOUT_MS });
  if (result.exitCode === 0) return;
  throw refused(`the files could not be unpacked in the sandbox: ${result.output.text.trim().slice(-300)}`);
}

/**
 * Files of the sandbox by name: `paths` are files or folders relative to `folder`. Only regular files come
 * back. Throws `artifact_refused` at the first entry that is a link, a device or a path out of the folder,
 * and where a bound is exceeded; nothing is written on this machine.
 */
export async function takeFiles(
  sandbox: Sandbox,
  paths: readonly string[],
  folder = REPO_DIR,
  limits = DEFAULT_TRANSFER_LIMITS,
): Promise<readonly TransferredFile[]> {
  const archive = `${TEMP_DIR}/${randomUUID()}.tar`;
  // A sparse file of 200 GB is 200 GB of zeros in a tar: the bound is set before anything is written.
  const maxArchiveBytes = limits.maxTotalBytes + limits.maxEntries * 2048 + 10_240;
  const script = `cd "$0" && find "\${@:2}" -maxdepth 20 -print0 2>/dev/null | head -z -n ${limits.maxEntries + 1} | tar -cf - --no-recursion --null -T - 2>/dev/null | head -c ${maxArchiveBytes + 1} > "$1"; true`;
  const result = await sandbox.run({
    id: `take-${randomUUID()}`,
    argv: ['bash', '-c', script, folder, archive, ...paths.map(relativePath)],
    cwd: '/',
    timeoutMs: PACK_TIMEOUT_MS,
  });
  if (result.timedOut) throw refused('packing the files took too long');
  try {
    return await readTree(await sandbox.read(archive, maxArchiveBytes), limits);
  } finally {
    const argv = ['rm', '-f', archive];
    await sandbox.run({ id: `rm-${randomUUID()}`, argv, cwd: '/' }).catch(() => undefined);
  }
}

/** Reads a tar that a sandbox made. Throws `artifact_refused` as `takeFiles` does. */
export async function readTree(
  tar: Uint8Array,
  limits: TransferLimits = DEFAULT_TRANSFER_LIMITS,
): Promise<readonly TransferredFile[]> {
  const files: TransferredFile[] = [];
  const seen = new Set<string>();
  let entries = 0;
  let totalBytes = 0;
  const parser = extract();
  const feeding = Readable.from([tar]);
  feeding.on('error', (error) => parser.destroy(error));
  feeding.pipe(parser);
  const timer = setTimeout(() => parser.destroy(new Error('it took too long')), READ_TIMEOUT_MS);
  try {
    for await (const entry of parser) {
      const { type, size, name } = entry.header;
      entries += 1;
      if (entries > limits.maxEntries) throw refused(`there are more than ${limits.maxEntries} files`);
      if (type !== 'file' && type !== 'directory')
        throw refused(`${printable(name)} is a ${type ?? 'special file'}`);
      // The parser would wait for ever for content that it does not expect.
      if (type === 'directory' && size > 0) throw refused(`${printable(name)} is a folder with content`);
      const path = checkedPath(name);
      const folded = path.normalize('NFC').toLowerCase();
      if (seen.has(folded)) throw refused(`${printable(name)} is there twice`);
      seen.add(folded);
      totalBytes += size;
      if (size > limits.maxFileBytes) throw refused(`${printable(name)} has ${size} bytes`);
      if (totalBytes > limits.maxTotalBytes) throw refused('the files are too large together');
      const parts: Buffer[] = [];
      for await (const part of entry) if (Buffer.isBuffer(part)) parts.push(part);
      if (type === 'file') files.push({ path, content: Buffer.concat(parts) });
    }
  } catch (thrown) {
    if (thrown instanceof ThreadsmithError) throw thrown;
    throw refused('the archive is damaged', thrown);
  } finally {
    clearTimeout(timer);
    feeding.destroy();
  }
  return files;
}

/** A path of an entry, relative and without tricks, or `artifact_refused`. */
function checkedPath(name: string): string {
  const path = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '..' && part !== '' && (part !== '.' || path === '.'));
  if (!isPlain || path.length > PATH_MAX_CHARS || /[\0-\x1f\\]/.test(path)) {
    throw refused(`${printable(name)} is not a path that can be used`);
  }
  return path;
}

function relativePath(path: string): string {
  if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\0')) {
    throw refused(`${printable(path)} is not inside the folder`);
  }
  return `./${path}`;
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

function refused(reason: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'artifact_refused',
    `The files from the sandbox were refused: ${reason}.`,
    'Keep what should come out as a few regular files of moderate size.',
    { cause },
  );
}

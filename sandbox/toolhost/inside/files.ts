// Reads and writes files for the worker. Only regular files are read: a fifo would block for ever, a device never end.
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FailCode } from './protocol.ts';
import { finish, refuse } from './replies.ts';
import type { Channel } from './wire.ts';

const CHUNK_BYTES = 256 * 1024;
let written = 0;

/** Answers with the size, then sends exactly that many bytes. */
export async function readInto(channel: Channel, path: string, maxBytes: number): Promise<void> {
  channel.resume();
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return refuse(channel, 'no_such_file', 'it is not a regular file');
      if (stat.size > maxBytes) return refuse(channel, 'too_large', `${stat.size}`);
      // A file may grow while it is read, and files of /proc say that they are empty.
      const size = stat.size;
      channel.post({ ok: true, size });
      if (size > 0) {
        const content = file.createReadStream({ start: 0, end: size - 1, highWaterMark: CHUNK_BYTES });
        await pipeline(content, channel, { end: false });
      }
      channel.end();
    } finally {
      await file.close().catch(() => undefined);
    }
  } catch (error) {
    refuse(channel, codeOf(error), messageOf(error));
  }
}

/** Writes a temporary file next to the target and renames it, so that no program sees half a file. Keeps the mode. */
export async function writeFrom(channel: Channel, path: string): Promise<void> {
  written += 1;
  const temporary = `${path}.threadsmith-${process.pid}-${written}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx', await modeOf(path));
    try {
      await copyInto(channel, file);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    finish(channel, {});
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    refuse(channel, codeOf(error), messageOf(error));
  }
}

/** Leaves the channel open where the disk fails, unlike a pipeline: the answer has to go through it. */
async function copyInto(channel: Readable, file: FileHandle): Promise<void> {
  for await (const chunk of channel.iterator({ destroyOnReturn: false })) await file.write(chunk);
}

async function modeOf(path: string): Promise<number> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const { mode } = await file.stat();
    await file.close();
    return mode & 0o777;
  } catch {
    return 0o644;
  }
}

const CODES: ReadonlyMap<string, FailCode> = new Map([
  ...['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG', 'EROFS', 'EPERM', 'ENXIO'].map(
    (code): [string, FailCode] => [code, 'no_such_file'],
  ),
  // EFBIG: one file may be as large as the whole work folder, and no larger.
  ...['ENOSPC', 'EDQUOT', 'EFBIG'].map((code): [string, FailCode] => [code, 'disk_full']),
]);

function codeOf(error: unknown): FailCode {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return (typeof code === 'string' ? CODES.get(code) : undefined) ?? 'failed';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

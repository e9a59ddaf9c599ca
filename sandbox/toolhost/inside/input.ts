// Collects the standard input of a command before the command begins, so that it gets a plain file and never runs with
// half of it. Short inputs, such as command lines, stay in memory: on a full disk the command that is to make room
// could not begin otherwise.
import { mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

const IN_MEMORY_MAX_BYTES = 256 * 1024;
/** Under the toolhost's own tmpfs. */
const MEMORY_FOLDER = '/run/toolhost/inputs';
let taken = 0;

/** Returns a descriptor of a file without a name that holds the whole input; a long one goes to `diskPath` first. */
export async function takeInput(stdin: Readable, diskPath: string): Promise<number> {
  const start: Buffer[] = [];
  let startBytes = 0;
  let file: FileHandle | undefined;
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      if (file === undefined) {
        start.push(chunk);
        startBytes += chunk.length;
        if (startBytes <= IN_MEMORY_MAX_BYTES) continue;
        file = await open(diskPath, 'w', 0o600);
        for (const earlier of start) await file.write(earlier);
      } else await file.write(chunk);
    }
  } finally {
    await file?.close();
  }
  return file === undefined ? inMemory(Buffer.concat(start), diskPath) : unlinked(diskPath);
}

/** Puts the content into memory, or on disk where other programs have filled the memory folder. */
function inMemory(content: Buffer, diskPath: string): number {
  taken += 1;
  const path = `${MEMORY_FOLDER}/${taken}`;
  try {
    mkdirSync(MEMORY_FOLDER, { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
  } catch {
    rmSync(path, { force: true });
    writeFileSync(diskPath, content, { mode: 0o600 });
    return unlinked(diskPath);
  }
  return unlinked(path);
}

/** Opens a file for reading and removes its name. */
function unlinked(path: string): number {
  try {
    return openSync(path, 'r');
  } finally {
    rmSync(path, { force: true });
  }
}

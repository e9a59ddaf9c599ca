// Files that the editing tools may change: text in UTF-8, and not too large to work on in memory.

import { z } from 'zod';
import { hasCode } from '../../../core/errors.ts';
import type { Sandbox } from '../../../sandbox/port/sandbox.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** A manifest line holds the path as it is, so no line breaks or other control characters. */
export const pathSchema = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^\P{Cc}+$/u, 'a path without control characters');

/** The content of a file, null where there is none. */
export async function contentOf(sandbox: Sandbox, path: string): Promise<Uint8Array | null> {
  try {
    return await sandbox.read(path, MAX_BYTES);
  } catch (thrown) {
    if (hasCode(thrown, 'path_refused')) return null;
    throw thrown;
  }
}

/** The content as text, null where it is not UTF-8. A byte order mark stays, as all that is not replaced. */
export function decodeText(content: Uint8Array): string | null {
  if (content.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}

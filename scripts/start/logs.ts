// Log files of the parts.
import { openSync, readFileSync } from 'node:fs';

const TAIL_LINES = 5;

/** Opens a log for adding to it; only the current user may read it. */
export function openLog(file: string): number {
  return openSync(file, 'a', 0o600);
}

/** The last lines of a log, for an error message. */
export function endOfFile(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

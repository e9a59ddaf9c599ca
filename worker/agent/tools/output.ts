// Output as the model gets to see it: cleaned of what only terminals understand, and never too long.
import { posix } from 'node:path';
import { TOOL_OUTPUT_MAX_CHARS } from '../../../core/limits.ts';
import { REPO_DIR } from '../../../sandbox/port/sandbox.ts';
import { keepable } from '../../model/safe-text.ts';

/** The agent's own files in a sandbox: outside the repo, so that they never end up in a commit. */
export const STATE_DIR = '/work/agent';

// Built from text: control characters in a regular expression literal are unreadable.
const ESCAPES = new RegExp(
  '\\u001b(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)|[@-Z\\\\-_])',
  'g',
);
const CONTROLS = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f]', 'g');

/** What a terminal would show: without colours, lines that were overwritten, and other control characters. */
export function readable(text: string): string {
  const plain = keepable(text).replace(ESCAPES, '').replaceAll('\r\n', '\n');
  return (plain.includes('\r') ? plain.split('\n').map(lastWritten).join('\n') : plain).replace(CONTROLS, '');
}

/** Of a line that was written over and over, what stayed. */
function lastWritten(line: string): string {
  const trimmed = line.replace(/\r+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1);
}

/** The beginning and the end of a text that is over the limit, with a note between them. */
export function cutMiddle(text: string, maxChars: number = TOOL_OUTPUT_MAX_CHARS): string {
  if (text.length <= maxChars) return text;
  const half = Math.floor(maxChars / 2);
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}\n[... ${left} characters left out ...]\n${text.slice(-half)}`.toWellFormed();
}

/** One line of at most so many characters, for summaries. */
export function oneLine(text: string, maxChars = 80): string {
  const line = readable(text).replace(/\s+/g, ' ').trim();
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1)}…`.toWellFormed();
}

/** An absolute path in the sandbox; relative ones are meant from the repo's root. */
export function inSandbox(path: string): string {
  return posix.resolve(REPO_DIR, path);
}

/** A path as people know it: relative to the repo where it is in there. */
export function shown(path: string): string {
  const absolute = inSandbox(path);
  if (absolute === REPO_DIR) return '.';
  return absolute.startsWith(`${REPO_DIR}/`) ? absolute.slice(REPO_DIR.length + 1) : absolute;
}

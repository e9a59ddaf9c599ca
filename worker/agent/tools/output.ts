// Prepares output for the model: without what only terminals understand, and never too long.
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

/** The text as a terminal would show it, without colours, overwritten lines and other control characters. */
export function readable(text: string): string {
  const plain = keepable(text).replace(ESCAPES, '').replaceAll('\r\n', '\n');
  return (plain.includes('\r') ? plain.split('\n').map(lastWritten).join('\n') : plain).replace(CONTROLS, '');
}

/** What stays of a line that was overwritten. */
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

/** The absolute path in the sandbox; a relative path starts at the repo's root. */
export function inSandbox(path: string): string {
  return posix.resolve(REPO_DIR, path);
}

/** The path for people: relative to the repo's root where it lies in the repo. */
export function shown(path: string): string {
  const absolute = inSandbox(path);
  if (absolute === REPO_DIR) return '.';
  return absolute.startsWith(`${REPO_DIR}/`) ? absolute.slice(REPO_DIR.length + 1) : absolute;
}

// The read_file tool: lines of a text file with their numbers, or a picture.
import { posix } from 'node:path';
import { z } from 'zod';
import { TOOL_OUTPUT_MAX_CHARS } from '../../../core/limits.ts';
import { keepable } from '../../model/safe-text.ts';
import { imageTypeOf } from '../../pictures/format.ts';
import { inSandbox, oneLine, shown } from './output.ts';
import { defineTool, failed, succeeded, type ToolContext, type ToolOutcome } from './tool.ts';

/** Also what whole outputs of commands may grow to, which are read by this tool. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;
const MAX_LINES = 1000;
const MAX_LINE_CHARS = 1000;
const SNIFFED_BYTES = 8192;

export const readFileTool = defineTool({
  name: 'read_file',
  description:
    'Read a text file with line numbers, whole or a range of lines, or look at an image (PNG, JPEG). Paths are relative to the repo.',
  input: z.strictObject({
    path: z.string().min(1),
    start_line: z.int().min(1).optional(),
    end_line: z.int().min(1).optional(),
  }),
  onlyReads: true,
  touches: ({ path }) => [path],
  summarize: ({ path }) => oneLine(`Read ${shown(path)}`),
  run: async ({ path, start_line: start, end_line: end }, context) => {
    const content = await context.sandbox.read(inSandbox(path), MAX_BYTES);
    const mimeType = imageTypeOf(content);
    if (mimeType !== null) return showImage(path, mimeType, content, context);
    if (content.subarray(0, SNIFFED_BYTES).includes(0)) {
      return failed(`${shown(path)} is a binary file of ${content.length} bytes.`);
    }
    return succeeded(numbered(new TextDecoder().decode(content), start ?? 1, end ?? Infinity));
  },
});

async function showImage(
  path: string,
  mimeType: string,
  content: Uint8Array,
  context: ToolContext,
): Promise<ToolOutcome> {
  if (content.length > MAX_IMAGE_BYTES) {
    return failed(`${shown(path)} is an image of ${content.length} bytes; ${MAX_IMAGE_BYTES} are allowed.`);
  }
  const name = posix.basename(path);
  const artifact = await context.artifacts.save({ kind: 'image', name, mimeType, altText: name, content });
  return succeeded(`${shown(path)}: ${mimeType}, ${content.length} bytes.`, [artifact.id]);
}

/** Lines `start` to `end`, as many as fit, and where to go on. */
function numbered(text: string, start: number, end: number): string {
  const lines = keepable(text).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return '(the file is empty)';
  if (start > lines.length) return `(the file has only ${lines.length} lines)`;
  const last = Math.min(end, lines.length);
  const taken: string[] = [];
  let chars = 0;
  for (let number = start; number <= last; number += 1) {
    const line = `${number}\t${shorten(lines[number - 1] ?? '')}`;
    if (taken.length > 0 && (taken.length >= MAX_LINES || chars + line.length > TOOL_OUTPUT_MAX_CHARS)) break;
    taken.push(line);
    chars += line.length + 1;
  }
  const next = start + taken.length;
  if (next <= last) taken.push(`[${lines.length} lines in all; go on with start_line ${next}.]`);
  return taken.join('\n');
}

function shorten(line: string): string {
  if (line.length <= MAX_LINE_CHARS) return line;
  return `${line.slice(0, MAX_LINE_CHARS).toWellFormed()} [... ${line.length - MAX_LINE_CHARS} characters more]`;
}

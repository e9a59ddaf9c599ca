// The search tool: ripgrep over the repo, in one order so that the same search reads the same.
import { z } from 'zod';
import { TOOL_OUTPUT_MAX_CHARS } from '../../../core/limits.ts';
import { REPO_DIR } from '../../../sandbox/port/sandbox.ts';
import { cutMiddle, oneLine, readable, shown } from './output.ts';
import { defineTool, failed, succeeded } from './tool.ts';

const MAX_LINES = 200;
const TIMEOUT_MS = 60_000;

/** $1: how many lines are printed; the rest are ripgrep's arguments. Its exit code counts, not that of head. */
const SCRIPT = 'max=$1; shift; rg "$@" | head -n "$max"; exit "${PIPESTATUS[0]}"';

export const searchTool = defineTool({
  name: 'search',
  description:
    'Search file contents with ripgrep (Rust regular expression, ignored files left out). Gives path:line:text. Narrow it with path (a file or folder) or glob (such as *.ts).',
  input: z.strictObject({
    pattern: z.string().min(1),
    path: z.string().min(1).optional(),
    glob: z.string().min(1).optional(),
  }),
  onlyReads: true,
  touches: ({ path }) => (path === undefined ? [] : [`${path}/.`]),
  summarize: ({ pattern, path }) =>
    oneLine(`Search for ${pattern}${path === undefined ? '' : ` in ${shown(path)}`}`),
  run: async ({ pattern, path, glob }, context) => {
    const options = ['--line-number', '--no-heading', '--with-filename', '--color=never', '--sort=path'];
    const limits = ['--max-columns=300', '--max-columns-preview', '--hidden', '--glob=!.git'];
    const filter = glob === undefined ? [] : [`--glob=${glob}`];
    const where = path === undefined ? [] : [shown(path)];
    const ran = await context.sandbox.run(
      {
        id: `${context.callKey}-search`,
        argv: [
          'bash',
          '-c',
          SCRIPT,
          'bash',
          // One more than is shown tells that there are more.
          String(MAX_LINES + 1),
          ...options,
          ...limits,
          ...filter,
          '-e',
          pattern,
          '--',
          ...(where.length > 0 ? where : ['.']),
        ],
        cwd: REPO_DIR,
        timeoutMs: TIMEOUT_MS,
      },
      { signal: context.signal, maxOutputBytes: 4 * TOOL_OUTPUT_MAX_CHARS },
    );
    const text = readable(ran.output.text).trimEnd();
    if (ran.timedOut) return failed('The search took too long. Narrow it with path or glob.');
    // 1 is nothing found; but where head closed the pipe, ripgrep ends with other codes than 0 as well.
    if (ran.exitCode === 2) return failed(cutMiddle(text, 2000));
    return succeeded(text === '' ? 'Nothing found.' : firstLines(text));
  },
});

function firstLines(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^\.\//, ''));
  const taken: string[] = [];
  let chars = 0;
  for (const line of lines.slice(0, MAX_LINES)) {
    chars += line.length + 1;
    if (chars > TOOL_OUTPUT_MAX_CHARS) break;
    taken.push(line);
  }
  if (taken.length < lines.length) taken.push(`[There are more; these are the first ${taken.length} lines.]`);
  return taken.join('\n');
}

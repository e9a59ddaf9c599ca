// The shell tool: one command line after the other, as if typed into one terminal.
import { z } from 'zod';
import { TOOL_OUTPUT_MAX_CHARS } from '../../../core/limits.ts';
import type { Command, CommandResult } from '../../../sandbox/port/sandbox.ts';
import { cutMiddle, oneLine, readable, STATE_DIR } from './output.ts';
import { backgroundScript, foregroundScript, lookScript, STILL_RUNS } from './shell-scripts.ts';
import { defineTool, failed, succeeded, type ToolContext, type ToolOutcome } from './tool.ts';

const DEFAULT_TIMEOUT_SECONDS = 120;
const MAX_TIMEOUT_SECONDS = 1800;
/** A background process is watched for so long in case it ends at once; the watcher itself has the second limit. */
const WATCH_SECONDS = 1;
const WATCH_LIMIT_MS = 15_000;

/** Programs that would wait for a person learn that there is none. */
const ENVIRONMENT = { PAGER: 'cat', GIT_PAGER: 'cat', GIT_TERMINAL_PROMPT: '0', TERM: 'dumb' };

export const shellTool = defineTool({
  name: 'shell',
  description:
    'Run a bash command line in the sandbox. It starts in the repo; working directory and exported variables stay for the next call. There is no terminal, and no network but what the system prompt names. Set background for servers and watchers: the call returns at once and names the file with the output.',
  input: z.strictObject({
    command: z.string().min(1),
    timeout_seconds: z
      .int()
      .min(1)
      .max(MAX_TIMEOUT_SECONDS)
      .optional()
      .describe(`Default ${DEFAULT_TIMEOUT_SECONDS}.`),
    background: z.boolean().optional(),
  }),
  summarize: ({ command, background }) => oneLine(`${background ? 'Start' : 'Run'} ${command}`),
  run: async (input, context) => {
    if (input.background) return runInBackground(input.command, context);
    const timeoutMs = Math.min(
      (input.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
      Math.max(1000, context.remainingMs),
    );
    const command = commandOf(context.callKey, foregroundScript, [stateFile(context)], input.command);
    const { sandbox, signal } = context;
    const ran = await sandbox.run(
      { ...command, timeoutMs },
      { signal, maxOutputBytes: TOOL_OUTPUT_MAX_CHARS },
    );
    const ending = endingOf(ran, timeoutMs);
    const output = `${ending}\n${outputOf(ran)}`;
    return ran.exitCode === 0 ? succeeded(output) : failed(output);
  },
});

async function runInBackground(line: string, context: ToolContext): Promise<ToolOutcome> {
  const { sandbox, callKey, signal } = context;
  const log = `${STATE_DIR}/background/${callKey}.log`;
  await sandbox.start(commandOf(callKey, backgroundScript, [stateFile(context), log], line));
  const look = commandOf(`${callKey}-look`, lookScript, [log, String(WATCH_SECONDS * 10)], '');
  const ran = await sandbox.run(
    { ...look, timeoutMs: WATCH_LIMIT_MS },
    { signal, maxOutputBytes: TOOL_OUTPUT_MAX_CHARS },
  );
  if (ran.exitCode === 0) {
    return failed(`It ended at once. ${outputOf(ran)}`);
  }
  if (ran.exitCode !== STILL_RUNS) {
    // The look itself may have been ended, by a full work folder for one.
    const why = ran.timedOut
      ? `It did not begin within ${WATCH_LIMIT_MS / 1000} s.`
      : 'Whether it began is not known.';
    return failed(`${why} If it does after all, its output is in ${log}.`);
  }
  return succeeded(
    `It runs in the background. Its output is in ${log}. To stop it: kill -- -$(cat ${log}.pid)`,
  );
}

/** The file that keeps the working directory and the variables between two calls. */
function stateFile({ shellName }: ToolContext): string {
  return `${STATE_DIR}/${shellName}`;
}

/** The command line goes in by standard input: an argument may not be longer than 128 KiB on Linux. */
function commandOf(id: string, script: string, parameters: readonly string[], line: string): Command {
  return {
    id,
    argv: ['bash', '-c', script, 'bash', ...parameters],
    env: ENVIRONMENT,
    stdin: new TextEncoder().encode(line),
  };
}

function endingOf(ran: CommandResult, timeoutMs: number): string {
  if (ran.timedOut) return `Timed out after ${Math.round(timeoutMs / 1000)} s and was killed.`;
  if (ran.exitCode === null) return `Killed by ${ran.signal ?? 'a signal'}.`;
  return `Exit code ${ran.exitCode}.`;
}

function outputOf(ran: CommandResult): string {
  const text = cutMiddle(readable(ran.output.text)).trimEnd();
  if (text === '') return '(no output)';
  if (!ran.output.truncated) return text;
  return `${text}\n[${ran.output.totalBytes} bytes in all; the whole output is in ${ran.output.path}, which read_file can page.]`;
}

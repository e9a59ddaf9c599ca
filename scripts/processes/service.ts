// One of our own programs as a supervised child: it says on standard output when it is ready, its log goes
// to a file, errors come up on the terminal, and when it dies it is started again.
import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import { type Tethered, tether } from './tether.ts';

export interface ServiceOptions {
  /** For people: `bot`, `worker`. */
  readonly name: string;
  /** The program below the root of the checkout, with its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** One sentence about something that went wrong. */
  readonly onTrouble: (sentence: string) => void;
  /** It died too often and is not started again. */
  readonly onGivenUp: (sentence: string) => void;
}

export interface Service {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 10_000;
const LOG_MAX_BYTES = 20 * 1024 * 1024;
const RESTARTS_MAX = 5;
const RESTARTS_WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 250;
/** Kept of its standard error, to say why it did not start. */
const LAST_LINES = 20;
/** The same error is told once in this time. */
const SAME_ERROR_MS = 30_000;

const readySchema = z.looseObject({ ready: z.literal(true) });
const logLineSchema = z.object({ level: z.string(), message: z.string(), error: z.unknown().optional() });
const errorFieldSchema = z.object({ message: z.string() });

interface Run {
  readonly child: Tethered;
  readonly ready: Promise<Record<string, unknown>>;
}

/**
 * Starts it and waits until it is ready. Throws `internal` with its last words where it ends before that;
 * later ends are told through `onTrouble` and mended by starting it again.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  turnOver(options.logFile);
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  let stopping = false;
  let run = launch(options, log);
  const ready = await run.ready;
  const restarts: number[] = [];

  const supervise = async () => {
    while (!stopping) {
      const { code, signal } = await run.child.exited;
      if (stopping) return;
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const now = Date.now();
      restarts.push(now);
      const recent = restarts.filter((at) => now - at < RESTARTS_WINDOW_MS).length;
      if (recent > RESTARTS_MAX) {
        options.onGivenUp(
          `The ${options.name} ended ${recent} times within a minute, last ${how}. See ${options.logFile}.`,
        );
        return;
      }
      options.onTrouble(`The ${options.name} ended ${how}; it is started again.`);
      await sleep(FIRST_PAUSE_MS * 2 ** (recent - 1));
      if (stopping) return;
      run = launch(options, log);
      run.ready.then(
        () => options.onTrouble(`The ${options.name} is back.`),
        () => undefined,
      );
    }
  };
  const supervision = supervise();
  return {
    ready,
    stop: async () => {
      stopping = true;
      await run.child.stop();
      await supervision;
      log.end();
    },
  };
}

function launch(options: ServiceOptions, log: WriteStream): Run {
  const child = tether({
    argv: [process.execPath, ...options.argv],
    cwd: ROOT,
    env: options.env,
    graceMs: STOP_GRACE_MS,
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const ready = Promise.withResolvers<Record<string, unknown>>();
  const lastLines: string[] = [];
  const toldAt = new Map<string, number>();
  let isReady = false;
  const { stdout, stderr } = child.process;
  if (stdout !== null) {
    createInterface({ input: stdout }).on('line', (line) => {
      const said = isReady ? undefined : readySchema.safeParse(parseJson(line)).data;
      if (said === undefined) {
        log.write(`${line}\n`);
        return;
      }
      isReady = true;
      ready.resolve(said);
    });
  }
  if (stderr !== null) {
    createInterface({ input: stderr }).on('line', (line) => {
      log.write(`${line}\n`);
      lastLines.push(line);
      if (lastLines.length > LAST_LINES) lastLines.shift();
      const trouble = errorIn(line);
      if (!isReady || trouble === null || Date.now() - (toldAt.get(trouble) ?? 0) < SAME_ERROR_MS) return;
      toldAt.set(trouble, Date.now());
      options.onTrouble(`${options.name}: ${trouble}`);
    });
  }
  const timer = setTimeout(() => {
    ready.reject(failed(options, `was not ready after ${READY_TIMEOUT_MS / 1000} s`, lastLines));
    void child.stop();
  }, READY_TIMEOUT_MS);
  ready.promise.then(
    () => clearTimeout(timer),
    () => clearTimeout(timer),
  );
  // Its last words may still be in the pipe when it is already gone.
  void child.exited.then(({ code, signal }) =>
    sleep(100).then(() => ready.reject(failed(options, `ended (${signal ?? code})`, lastLines))),
  );
  return { child, ready: ready.promise };
}

function failed(options: ServiceOptions, how: string, lastLines: readonly string[]): ThreadsmithError {
  const words = lastLines.map((line) => errorIn(line) ?? line).join('\n');
  return new ThreadsmithError(
    'internal',
    `The ${options.name} ${how}. ${words}`,
    `Its log is ${options.logFile}.`,
  );
}

/** The message of a log line of level error, or null. */
function errorIn(line: string): string | null {
  const entry = logLineSchema.safeParse(parseJson(line)).data;
  if (entry?.level !== 'error') return null;
  const cause = errorFieldSchema.safeParse(entry.error).data;
  return cause === undefined ? entry.message : `${entry.message}: ${cause.message.split('\n')[0]}`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Keeps one older log. */
function turnOver(file: string): void {
  try {
    if (statSync(file).size > LOG_MAX_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // There is none yet.
  }
}

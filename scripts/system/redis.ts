// A Redis of our own on a free port of the loopback, without persistence: for the tests.
import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThreadsmithError } from '../../core/errors.ts';
import { type Tethered, tether } from '../processes/tether.ts';
import { findCommand } from './commands.ts';
import { freePort } from './free-port.ts';

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 5_000;
const POLL_MS = 10;
/** What has the port instead may never say anything. */
const ANSWER_MS = 2_000;
const PORT_ATTEMPTS = 3;

/** Starts it and waits until it answers. Throws `queue_unreachable`. */
export async function startRedis(options: {
  readonly folder: string;
  readonly logFile: string;
}): Promise<RunningRedis> {
  const program = findCommand('redis-server');
  if (program === null) throw failure('There is no redis-server on this machine.', options.logFile);
  mkdirSync(options.folder, { recursive: true });
  const folder = realpathSync(options.folder);
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
    const port = await freePort();
    const server = launch(program, port, folder, options.logFile);
    while (server.running() && Date.now() < deadline) {
      if (await answers(port, folder)) {
        return {
          url: `redis://127.0.0.1:${port}`,
          stop: async () => {
            await server.stop();
          },
        };
      }
      await sleep(POLL_MS);
    }
    await server.stop();
  }
  throw failure('Redis did not start.', options.logFile);
}

function launch(program: string, port: number, folder: string, logFile: string): Tethered {
  const log = openSync(logFile, 'a');
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  try {
    return tether({
      argv: [program, ...settings, '--dir', folder, '--loglevel', 'notice'],
      env: process.env,
      graceMs: STOP_GRACE_MS,
      stdout: log,
      stderr: log,
    });
  } finally {
    closeSync(log);
  }
}

/** Whether a Redis answers that works in our folder: another one may have taken the port meanwhile. */
function answers(port: number, folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.once('connect', () => socket.write('CONFIG GET dir\r\nQUIT\r\n'));
    socket.on('data', (data) => {
      said += data.toString();
    });
    socket.once('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(said.includes(folder));
    });
  });
}

function failure(message: string, logFile: string): ThreadsmithError {
  return new ThreadsmithError('queue_unreachable', message, `Read ${logFile}.`);
}

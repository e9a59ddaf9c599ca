// A Redis of our own on a free port of the loopback, without persistence: for the tests.
import { mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThreadsmithError } from '../../core/errors.ts';
import { tether } from '../processes/tether.ts';
import { findCommand } from './commands.ts';
import { freePort } from './free-port.ts';

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 5_000;
const POLL_MS = 10;

/** Starts it and waits until it answers. Throws `queue_unreachable`. */
export async function startRedis(options: {
  readonly folder: string;
  readonly logFile: string;
}): Promise<RunningRedis> {
  const program = findCommand('redis-server');
  if (program === null) throw failure('There is no redis-server on this machine.', options.logFile);
  mkdirSync(options.folder, { recursive: true });
  const port = await freePort();
  const log = openSync(options.logFile, 'a');
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = tether({
    argv: [program, ...settings, '--dir', options.folder, '--loglevel', 'notice'],
    env: process.env,
    graceMs: STOP_GRACE_MS,
    stdout: log,
    stderr: log,
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (server.running() && Date.now() < deadline) {
    if (await answers(port)) {
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
  throw failure('Redis did not start.', options.logFile);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

function failure(message: string, logFile: string): ThreadsmithError {
  return new ThreadsmithError('queue_unreachable', message, `Read ${logFile}.`);
}

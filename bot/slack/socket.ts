// Events and clicks over Socket Mode. The reconnecting is ours: the library (3.1.0) waits 5 s after every
// refresh that Slack asks for, and a refusal during its reconnect is an unhandled rejection that ends the process.
import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { clientOptions, failureOf } from './calls.ts';
import type { Connection } from './connection.ts';
import { slackLogger } from './logger.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_PAUSE_MS = 30_000;
const FIRST_PAUSE_MS = 500;

/** Makes the receiver that keeps a socket to Slack open. */
export function socketConnection(appToken: string, apiUrl: string | undefined, log: Log): Connection {
  const receiver = new SocketModeReceiver({
    appToken,
    logger: slackLogger(log),
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: clientOptions(apiUrl, log) },
    processEventErrorHandler: async ({ error }) => {
      log.error('an event was not taken in; Slack will send it again', { error });
      return false;
    },
  });
  const { client } = receiver;
  const stopping = new AbortController();

  const connectOnce = async (): Promise<void> => {
    const timeout = new AbortController();
    const late = sleep(CONNECT_TIMEOUT_MS, undefined, { signal: timeout.signal, ref: false }).then(() => {
      throw new Error('Slack did not say hello in time');
    });
    const started = client.start();
    // Whichever loses the race must not end the process.
    started.catch(() => {});
    late.catch(() => {});
    try {
      await Promise.race([started, late]);
    } catch (error) {
      await disconnect();
      throw error;
    } finally {
      timeout.abort();
    }
  };

  const disconnect = async (): Promise<void> => {
    await Promise.race([client.disconnect(), sleep(1_000, undefined, { ref: false })]);
  };

  const stayConnected = async (): Promise<void> => {
    let failures = 0;
    for (;;) {
      if (failures === 0) await new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
      if (stopping.signal.aborted) return;
      try {
        await connectOnce();
        failures = 0;
        log.info('connected to Slack again');
      } catch (error) {
        failures += 1;
        const pauseMs = pauseAfter(error, failures);
        log.warn('could not connect to Slack; trying again', { error, pauseMs });
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };

  let staying: Promise<void> = Promise.resolve();
  return {
    receiver,
    connect: async () => {
      try {
        await connectOnce();
      } catch (cause) {
        throw notConnected(cause);
      }
      staying = stayConnected();
      return { mode: 'socket' };
    },
    close: async () => {
      stopping.abort();
      await disconnect();
      await Promise.race([staying, sleep(2_000, undefined, { ref: false })]);
    },
  };
}

function pauseAfter(error: unknown, failures: number): number {
  const failure = failureOf(error);
  if (failure.kind === 'rate_limited') return failure.retryAfterMs;
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
}

function notConnected(cause: unknown): ThreadsmithError {
  const failure = failureOf(cause);
  if (failure.kind === 'refused') {
    return new ThreadsmithError(
      'config_invalid',
      `the environment: SLACK_APP_TOKEN: Slack refused it: ${failure.error}. An app-level token (xapp-…) with connections:write is expected.`,
      'Make one under "Basic Information" of the app, switch Socket Mode on, and start again.',
      { cause },
    );
  }
  return new ThreadsmithError(
    'slack_unreachable',
    `Slack could not be reached over Socket Mode: ${failure.kind === 'unknown' ? failure.reason : 'too many connections'}.`,
    'Check the network and SLACK_API_URL, and start again.',
    { retry: 'later', cause },
  );
}

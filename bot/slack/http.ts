// Events and clicks over signed HTTP requests.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTPReceiver, HTTPReceiverDeferredRequestError, type HTTPReceiverOptions } from '@slack/bolt';
import type { Log } from '../../core/log.ts';
import type { Connection } from './connection.ts';
import { slackLogger } from './logger.ts';

/** A signature is good for this long, and Bolt only looks at the past. */
const CLOCK_SKEW_SECONDS = 300;

export const REDIRECT_PATH = '/slack/oauth_redirect';
const INSTALL_PATHS: readonly string[] = ['/slack/install', REDIRECT_PATH];

/** Makes the receiver of signed requests, and of installations where `install` serves them; it listens on `port` once it is connected. */
export function httpConnection(
  signingSecret: string,
  port: number,
  log: Log,
  install?: Partial<HTTPReceiverOptions>,
): Connection {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: ['/slack/events', '/slack/interactions', '/slack/commands'],
    logger: slackLogger(log),
    processEventErrorHandler: async ({ error, response }) => {
      log.error('an event was not taken in; Slack will send it again', { error });
      if (!response.headersSent) response.writeHead(500).end();
      return false;
    },
  });
  // Bolt takes either its installer or our links to the workspaces, so the installer has a receiver of its own.
  const installing =
    install === undefined ? null : new HTTPReceiver({ ...install, signingSecret, endpoints: [] });
  const server = createServer((request, response) => {
    if (request.url === '/healthz' && request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
      return;
    }
    const signedAt = Number(request.headers['x-slack-request-timestamp']);
    if (signedAt > Date.now() / 1000 + CLOCK_SKEW_SECONDS) {
      log.warn('a request that claims to be from the future was refused', { signedAt });
      response.writeHead(401).end();
      return;
    }
    try {
      const path = request.url?.split('?')[0] ?? '';
      const takes = INSTALL_PATHS.includes(path) && installing !== null ? installing : receiver;
      takes.requestListener(request, response);
    } catch (error) {
      const unknownPath = error instanceof HTTPReceiverDeferredRequestError;
      if (!unknownPath) log.error('a request failed', { error });
      response.writeHead(unknownPath ? 404 : 500).end();
    }
  });
  return {
    receiver,
    connect: async () => {
      await listen(server, port);
      return { mode: 'http', url: `http://127.0.0.1:${portOf(server)}` };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address: string | AddressInfo | null = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

// Finds Chromium's DevTools in a sandbox and opens their message channel.
import type { Duplex } from 'node:stream';
import type { ConnectOverCDPTransport } from 'playwright';
import { WebSocket } from 'ws';
import type { Sandbox } from '../port/sandbox.ts';
import { browserFailed } from './failure.ts';

/** A full-page picture comes as one message of base64. */
const MESSAGE_MAX_BYTES = 96 * 1024 * 1024;
const VERSION_MAX_BYTES = 64 * 1024;
const ANSWER_TIMEOUT_MS = 10_000;

/** Returns the path of the DevTools socket, waiting up to `waitMs` for Chromium. Throws `browser_failed`. */
export async function findDevToolsPath(sandbox: Sandbox, port: number, waitMs: number): Promise<string> {
  const stream = await sandbox.connect(port, waitMs);
  const timer = setTimeout(() => stream.destroy(), ANSWER_TIMEOUT_MS);
  try {
    stream.write(`GET /json/version HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of stream) {
      text += String(chunk);
      const path = /"webSocketDebuggerUrl":\s*"ws:\/\/[^"/]+(\/devtools\/browser\/[\w-]{1,64})"/.exec(
        text,
      )?.[1];
      if (path !== undefined) return path;
      if (text.length > VERSION_MAX_BYTES) break;
    }
    throw browserFailed('What listens on the browser port of the sandbox is not Chromium.');
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

/** Opens a Playwright transport over a connection into the sandbox. Throws `browser_failed` where it is refused. */
export async function connectDevTools(
  sandbox: Sandbox,
  port: number,
  path: string,
): Promise<ConnectOverCDPTransport> {
  const stream = await sandbox.connect(port, ANSWER_TIMEOUT_MS);
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    createConnection: () => asSocket(stream),
    perMessageDeflate: false,
    maxPayload: MESSAGE_MAX_BYTES,
    handshakeTimeout: ANSWER_TIMEOUT_MS,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (cause) =>
      reject(browserFailed('Chromium in the sandbox refused the connection.', cause)),
    );
  });
  const transport: ConnectOverCDPTransport = {
    send: (message) => socket.send(JSON.stringify(message)),
    close: () => socket.terminate(),
  };
  socket.on('message', (data) => {
    const message = parse(Buffer.isBuffer(data) ? data.toString('utf8') : '');
    if (typeof message === 'object' && message !== null) transport.onmessage?.(message);
    else socket.terminate();
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => transport.onclose?.('the connection to the sandbox ended'));
  return transport;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Adds the socket options that the HTTP client sets; they do nothing on a stream over the toolhost's wire. */
function asSocket(stream: Duplex): Duplex {
  const nothing = (): Duplex => stream;
  return Object.assign(stream, {
    setTimeout: nothing,
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
  });
}

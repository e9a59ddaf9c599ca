// Tells by a tunnel's first bytes whether it carries TLS, and for which name, plain HTTP, or something else.
import { METHODS } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Destination, PLAIN_PORT, TLS_PORT } from '../port/network-policy.ts';
import { HELLO_MAX_BYTES, readServerName } from './server-name.ts';

const FIRST_BYTES_TIMEOUT_MS = 15_000;
const TLS_HANDSHAKE = 22;
const METHOD_MAX_CHARS = Math.max(...METHODS.map((method) => method.length)) + 1;

export type Opening =
  | { readonly kind: 'tls' | 'http' | 'other'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly reason: string };

/** Reads a tunnel until its kind is known. Never throws; the stream is paused afterwards. */
export async function readOpening(stream: Duplex, head: Buffer, destination: Destination): Promise<Opening> {
  const deadline = setTimeout(() => stream.destroy(), FIRST_BYTES_TIMEOUT_MS);
  let bytes = head;
  try {
    for (;;) {
      const opening = judge(bytes, destination);
      if (opening !== undefined) return opening;
      const chunk = await nextChunk(stream);
      if (chunk === undefined) return { kind: 'refused', reason: 'the tunnel was closed' };
      bytes = Buffer.concat([bytes, chunk]);
    }
  } finally {
    clearTimeout(deadline);
  }
}

/** The kind that the bytes show; undefined where more are needed. */
function judge(bytes: Buffer, { host, port }: Destination): Opening | undefined {
  const hello = readServerName(bytes);
  switch (hello.kind) {
    case 'more':
      if (bytes.length <= HELLO_MAX_BYTES) return undefined;
      return { kind: 'refused', reason: 'the tunnel does not speak TLS' };
    case 'name':
      if (hello.name === host) return { kind: 'tls', bytes };
      return { kind: 'refused', reason: 'the tunnel asks for another host' };
    case 'unnamed':
      if (isIP(host) !== 0) return { kind: 'tls', bytes };
      return { kind: 'refused', reason: 'the tunnel does not say which host it asks for' };
    case 'other': {
      // TLS whose hello cannot be read, such as one in several records, could ask for any host.
      if (bytes[0] === TLS_HANDSHAKE)
        return { kind: 'refused', reason: 'the tunnel asks in a way that cannot be read' };
      const start = bytes.toString('latin1', 0, METHOD_MAX_CHARS);
      if (METHODS.some((method) => start.startsWith(`${method} `))) return { kind: 'http', bytes };
      if (METHODS.some((method) => `${method} `.startsWith(start))) return undefined;
      // On the web's own ports other bytes could be anything; on others, say ssh, they are what was allowed.
      if (port !== TLS_PORT && port !== PLAIN_PORT) return { kind: 'other', bytes };
      return { kind: 'refused', reason: 'the tunnel speaks neither TLS nor HTTP' };
    }
  }
}

function nextChunk(stream: Duplex): Promise<Buffer | undefined> {
  if (stream.destroyed) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const done = (chunk: Buffer | undefined): void => {
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      stream.pause();
      resolve(chunk);
    };
    const onData = (chunk: Buffer): void => done(chunk);
    const onEnd = (): void => done(undefined);
    stream.on('data', onData);
    stream.once('end', onEnd);
    stream.once('close', onEnd);
    stream.resume();
  });
}

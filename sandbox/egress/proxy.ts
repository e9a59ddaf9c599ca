// The way out of a sandbox: an HTTP proxy on the worker's side that no network leads to. Connections come
// over the toolhost's wire; each request is checked against the policy and reported.
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import {
  type Destination,
  type EgressPolicy,
  type EgressRule,
  findRule,
  isSpokenFor,
  parseDestination,
} from './policy.ts';
import { type Lookup, type Resolved, resolveSafely } from './resolve.ts';
import { HELLO_MAX_BYTES, readServerName } from './server-name.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 120_000;
const MAX_CONNECTIONS = 200;
const TLS_PORT = 443;
const PLAIN_PORT = 80;

/** One request of a sandbox, allowed or not. */
export interface EgressReport {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Null where it was allowed. */
  readonly refused: string | null;
}

export interface EgressProxyOptions {
  readonly policy: EgressPolicy;
  readonly onRequest: (report: EgressReport) => void;
  readonly lookup?: Lookup;
  /** Certificates of authorities that the proxy trusts besides the usual ones, where it speaks TLS itself. */
  readonly ca?: string;
}

export interface EgressProxy {
  /** Serves one connection of a sandbox. */
  serve(stream: Duplex): void;
  close(): void;
}

export function createEgressProxy(options: EgressProxyOptions): EgressProxy {
  return new HttpEgressProxy(options);
}

class HttpEgressProxy implements EgressProxy {
  private readonly options: EgressProxyOptions;
  private readonly server: Server;
  private readonly streams = new Set<Duplex>();

  constructor(options: EgressProxyOptions) {
    this.options = options;
    // It never listens: connections are put into it.
    this.server = createServer((request, response) => void this.forward(request, response));
    this.server.on('connect', (request, stream, head) => void this.tunnel(request, stream, head));
    this.server.on('clientError', (_error, stream) => stream.destroy());
  }

  serve(stream: Duplex): void {
    if (this.streams.size >= MAX_CONNECTIONS) return void stream.destroy();
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    stream.on('error', () => stream.destroy());
    this.server.emit('connection', stream);
  }

  close(): void {
    for (const stream of this.streams) stream.destroy();
    this.server.close();
  }

  /** A CONNECT request: bytes pass through unread, after a look at the name that TLS asks for. */
  private async tunnel(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const destination = parseDestination(request.url ?? '');
    const route = await this.route('CONNECT', destination);
    if (typeof route === 'string' || destination === undefined) {
      stream.end(refusal(typeof route === 'string' ? route : 'it is not an address'));
      return;
    }
    stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const hello = await readHello(stream, head, destination);
    if (typeof hello === 'string') {
      this.report('CONNECT', destination, hello);
      stream.destroy();
      return;
    }
    const socket = open(route.to, destination.port);
    socket.write(hello);
    pipeline(stream, socket, stream, () => socket.destroy());
  }

  /** A request in plain HTTP; to hosts whose methods or headers are the proxy's business it speaks TLS itself. */
  private async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const method = request.method ?? 'GET';
    const destination = url?.protocol === 'http:' ? this.destinationOf(url, method) : undefined;
    const route = await this.route(method, destination);
    if (typeof route === 'string' || destination === undefined || url === undefined) {
      response.writeHead(403, { 'content-type': 'text/plain' });
      response.end(`Threadsmith: ${typeof route === 'string' ? route : 'it is not an address'}.\n`);
      return;
    }
    const send = isSpokenFor(route.rule) && destination.port !== PLAIN_PORT ? httpsRequest : httpRequest;
    const outgoing = send({
      host: destination.host,
      servername: destination.host,
      port: destination.port,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { ...passedHeaders(request), host: url.host, ...route.rule.headers },
      // The name was looked up and checked: this is the address that was checked.
      lookup: (_host, _options, done) => done(null, [route.to]),
      timeout: IDLE_TIMEOUT_MS,
      agent: false,
      ...(this.options.ca === undefined ? {} : { ca: this.options.ca }),
    });
    outgoing.once('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.headers);
      pipeline(incoming, response, () => {});
    });
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
    pipeline(request, outgoing, () => {});
  }

  /** Plain `http://host/` of a rule that the proxy speaks for means the host's TLS port. */
  private destinationOf(url: URL, method: string): Destination | undefined {
    const plain = parseDestination(url.host, PLAIN_PORT);
    if (plain === undefined || url.username !== '' || url.password !== '') return undefined;
    if (url.port !== '') return plain;
    const secure = { ...plain, port: TLS_PORT };
    const rule = findRule(this.options.policy, secure, method);
    return rule !== undefined && isSpokenFor(rule) ? secure : plain;
  }

  /** Where a request may go, or why it may not. Reports either. */
  private async route(
    method: string,
    destination: Destination | undefined,
  ): Promise<{ rule: EgressRule; to: Resolved } | string> {
    if (destination === undefined) return 'it is not an address';
    const rule = findRule(this.options.policy, destination, method === 'CONNECT' ? undefined : method);
    if (rule === undefined) {
      return this.report(
        method,
        destination,
        `${destination.host}:${destination.port} is not on the repo's list`,
      );
    }
    const to = await resolveSafely(destination.host, rule.inside === true, this.options.lookup);
    if ('refused' in to) return this.report(method, destination, to.refused);
    this.report(method, destination, null);
    return { rule, to };
  }

  private report(method: string, destination: Destination, refused: string | null): string {
    this.options.onRequest({ method, ...destination, refused });
    return refused ?? '';
  }
}

/** The first bytes of a tunnel, or why it is not one to this destination. */
async function readHello(
  stream: Duplex,
  head: Buffer,
  { host, port }: Destination,
): Promise<Buffer | string> {
  let bytes = head;
  const deadline = setTimeout(() => stream.destroy(), CONNECT_TIMEOUT_MS);
  try {
    for (;;) {
      const hello = readServerName(bytes);
      if (hello.kind === 'name') return hello.name === host ? bytes : 'the tunnel asks for another host';
      if (hello.kind === 'unnamed') return 'the tunnel does not say which host it asks for';
      // Plain bytes on the TLS port could be anything; on others, say ssh, they are what was allowed.
      if (hello.kind === 'other') return port === TLS_PORT ? 'the tunnel does not speak TLS' : bytes;
      if (bytes.length > HELLO_MAX_BYTES) return 'the tunnel does not speak TLS';
      const chunk = await nextChunk(stream);
      if (chunk === undefined) return 'the tunnel was closed';
      bytes = Buffer.concat([bytes, chunk]);
    }
  } finally {
    clearTimeout(deadline);
  }
}

function nextChunk(stream: Duplex): Promise<Buffer | undefined> {
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

function open({ address, family }: Resolved, port: number): Socket {
  const socket = connect({ host: address, family, port, noDelay: true, timeout: IDLE_TIMEOUT_MS });
  socket.on('timeout', () => socket.destroy());
  socket.on('error', () => socket.destroy());
  return socket;
}

function refusal(reason: string): string {
  const body = `Threadsmith: ${reason}.\n`;
  return `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

/** Headers between this proxy and its client stay here; so does every credential for a proxy. */
function passedHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const own = [
    'proxy-authorization',
    'proxy-connection',
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'upgrade',
    'host',
  ];
  const named = String(request.headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined || own.includes(name) || named.includes(name) ? [] : [[name, value]],
    ),
  );
}

// The way out of a sandbox: an HTTP proxy on the worker's side that no network leads to. Connections come
// over the toolhost's wire; each request is checked against the policy and reported.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import {
  allowsMethod,
  type Destination,
  type EgressPolicy,
  isRead,
  PLAIN_PORT,
  parseDestination,
  reachOf,
  rulesFor,
  secretsFor,
  TLS_PORT,
} from '../port/network-policy.ts';
import { type Authority, createAuthority } from './authority.ts';
import { readOpening } from './first-bytes.ts';
import { forward, IDLE_TIMEOUT_MS, refuse } from './forward.ts';
import { type Lookup, type Resolved, resolveSafely } from './resolve.ts';
import { Allowance, type EgressTraffic, Meter } from './traffic.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const MAX_CONNECTIONS = 200;
const DEFAULT_MAX_BYTES = 16 * 1024 ** 3;

/** One request of a sandbox, allowed or not. A tunnel that is passed through is one, with CONNECT. */
export interface EgressReport {
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** Without its query; absent where the proxy does not read it. */
  readonly path?: string;
  /** Null where it was allowed. */
  readonly refused: string | null;
}

export interface EgressProxyOptions {
  readonly policy: EgressPolicy;
  /** Called at once for each request. Must not throw. */
  readonly onRequest: (report: EgressReport) => void;
  /** Called with the same report when an allowed request is over. Must not throw. */
  readonly onEnd?: (report: EgressReport, traffic: EgressTraffic) => void;
  readonly lookup?: Lookup;
  /** The authorities that the proxy trusts where it speaks TLS itself, and that the sandbox trusts too. PEM. */
  readonly certificates: string;
}

export interface EgressProxy {
  /** What the sandbox has to trust: the proxy ends TLS for hosts whose requests it must read. PEM. */
  readonly certificate: string;
  /** Serves one connection of a sandbox. */
  serve(stream: Duplex): void;
  close(): void;
}

export async function createEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  return new HttpEgressProxy(options, await createAuthority());
}

/** What a connection inside a tunnel is known by. */
interface Inside {
  readonly destination: Destination;
  readonly to: Resolved;
  readonly isSecure: boolean;
}

interface Target {
  readonly destination: Destination;
  readonly host: string;
  readonly path: string;
}

class HttpEgressProxy implements EgressProxy {
  readonly certificate: string;
  private readonly options: EgressProxyOptions;
  private readonly authority: Authority;
  private readonly allowance: Allowance;
  private readonly trust: SecureContext;
  private readonly streams = new Set<Duplex>();
  private readonly tunnels = new WeakMap<Duplex, Inside>();
  /** They never listen: connections are put into them. */
  private readonly outer: Server;
  private readonly inner: Server;

  constructor(options: EgressProxyOptions, authority: Authority) {
    this.options = options;
    this.authority = authority;
    this.certificate = authority.certificate;
    this.allowance = new Allowance(options.policy.maxBytes ?? DEFAULT_MAX_BYTES);
    this.trust = createSecureContext({ ca: options.certificates });
    this.outer = newServer((request, response) => this.answer(request, response, undefined));
    this.outer.on('connect', (request, stream, head) => {
      this.tunnel(request, stream, head).catch(() => stream.destroy());
    });
    this.inner = newServer((request, response) =>
      this.answer(request, response, this.tunnels.get(request.socket)),
    );
  }

  serve(stream: Duplex): void {
    if (this.streams.size >= MAX_CONNECTIONS) return void stream.destroy();
    this.streams.add(stream);
    // The wire, the parser and two pipelines listen for its end, each more than once.
    stream.setMaxListeners(30);
    stream.once('close', () => this.streams.delete(stream));
    stream.on('error', () => stream.destroy());
    this.outer.emit('connection', stream);
  }

  close(): void {
    for (const stream of this.streams) stream.destroy();
    this.outer.close();
    this.inner.close();
  }

  /** A CONNECT request: read where the policy asks for that, else passed through after a look at its first bytes. */
  private async tunnel(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const destination = parseDestination(request.url ?? '');
    const to = await this.admit('CONNECT', destination);
    if (typeof to === 'string' || destination === undefined) {
      stream.end(refusalOfTunnel(403, typeof to === 'string' ? to : NO_ADDRESS));
      return;
    }
    const mustRead = isRead(this.options.policy, destination);
    const socket = mustRead ? undefined : await open(to, destination.port);
    if (socket === null) {
      this.report('CONNECT', destination, 'it could not be reached');
      stream.end(refusalOfTunnel(502, `${destination.host} could not be reached`));
      return;
    }
    // It may have gone while it was waited for.
    if (stream.destroyed) return void socket?.destroy();
    stream.once('close', () => socket?.destroy());
    stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const opening = await readOpening(stream, head, destination);
    if (opening.kind === 'refused' || (opening.kind === 'other' && mustRead)) {
      const reason = opening.kind === 'refused' ? opening.reason : 'the tunnel speaks neither TLS nor HTTP';
      this.report('CONNECT', destination, reason);
      stream.destroy();
      return;
    }
    if (opening.kind === 'http' || socket === undefined) {
      socket?.destroy();
      stream.unshift(opening.bytes);
      return this.enter(stream, { destination, to, isSecure: opening.kind === 'tls' });
    }
    this.passThrough(stream, socket, opening.bytes, destination);
  }

  /** Reads the requests in a tunnel. */
  private async enter(stream: Duplex, inside: Inside): Promise<void> {
    let inner = stream;
    if (inside.isSecure) {
      const secureContext = await this.authority.contextFor(inside.destination.host);
      inner = new TLSSocket(stream, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
      inner.on('error', () => stream.destroy());
      inner.once('close', () => stream.destroy());
    }
    this.tunnels.set(inner, inside);
    this.inner.emit('connection', inner);
  }

  private passThrough(stream: Duplex, socket: Socket, first: Buffer, destination: Destination): void {
    const report = this.report('CONNECT', destination, null);
    const [sent, received] = [new Meter(this.allowance), new Meter(this.allowance)];
    stream.unshift(first);
    pipeline(stream, sent, socket, () => {});
    pipeline(socket, received, stream, () => {});
    stream.once('close', () =>
      this.options.onEnd?.(report, {
        status: null,
        sentBytes: sent.counted,
        receivedBytes: received.counted,
      }),
    );
  }

  private answer(request: IncomingMessage, response: ServerResponse, inside: Inside | undefined): void {
    this.passOn(request, response, inside).catch(() =>
      refuse(response, 400, 'the request cannot be passed on'),
    );
  }

  private async passOn(
    request: IncomingMessage,
    response: ServerResponse,
    inside: Inside | undefined,
  ): Promise<void> {
    const method = request.method ?? 'GET';
    // Version 0.9 is what a parser takes a target with a line break in it for.
    if (request.httpVersionMajor !== 1) return refuse(response, 400, 'it is not HTTP/1.1');
    const target = inside === undefined ? targetOutside(request) : targetInside(request, inside);
    const to = await this.admit(method, target, inside);
    if (typeof to === 'string' || target === undefined) {
      return refuse(response, 403, typeof to === 'string' ? to : NO_ADDRESS);
    }
    const report = this.report(method, target.destination, null, target.path);
    forward(request, response, {
      ...target,
      to,
      trust: inside?.isSecure === true ? this.trust : undefined,
      secrets: secretsFor(this.options.policy, target.destination),
      allowance: this.allowance,
      onEnd: (traffic) => this.options.onEnd?.(report, traffic),
    });
  }

  /** Where a request may go; else why it may not, which is reported. */
  private async admit(
    method: string,
    target: Target | Destination | undefined,
    inside?: Inside,
  ): Promise<Resolved | string> {
    if (target === undefined) return NO_ADDRESS;
    const destination = 'destination' in target ? target.destination : target;
    const path = 'path' in target ? target.path : undefined;
    const to = await this.check(method, destination, inside);
    if (typeof to === 'string') this.report(method, destination, to, path);
    return to;
  }

  private async check(
    method: string,
    destination: Destination,
    inside: Inside | undefined,
  ): Promise<Resolved | string> {
    const { policy, lookup } = this.options;
    const { host, port } = destination;
    const rules = rulesFor(policy, destination);
    if (rules.length === 0) return `${host}:${port} is not on the repo's list`;
    if (method !== 'CONNECT') {
      if (!allowsMethod(rules, method)) return `${method} is not allowed for ${host}:${port}`;
      if (inside?.isSecure !== true && secretsFor(policy, destination).length > 0)
        return `${host} gets a secret, so it is only asked by https`;
    }
    const refused = this.allowance.refuse(host);
    if (refused !== undefined) return refused;
    // Looked up once for each tunnel: what was checked stays what is connected to.
    if (inside !== undefined) return inside.to;
    const to = await resolveSafely(host, reachOf(rules), lookup);
    return 'refused' in to ? to.refused : to;
  }

  private report(
    method: string,
    { host, port }: Destination,
    refused: string | null,
    path?: string,
  ): EgressReport {
    const shown = path === undefined ? {} : { path: path.replace(/[?#].*$/s, '') };
    const report: EgressReport = { method, host, port, ...shown, refused };
    this.options.onRequest(report);
    return report;
  }
}

const NO_ADDRESS = 'it is not an address';

function newServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer(answer);
  server.on('clientError', (_error, stream) => stream.destroy());
  return server;
}

/** Of a request to a proxy, `GET http://host/path`; its Host header does not count. */
function targetOutside(request: IncomingMessage): Target | undefined {
  const text = request.url ?? '';
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' || url.username !== '' || url.password !== '') return undefined;
  const destination = parseDestination(url.host, PLAIN_PORT);
  return destination && { destination, host: url.host, path: `${url.pathname}${url.search}` };
}

/** Of a request in a tunnel: for the host that the tunnel leads to, and no other that lives there. */
function targetInside(request: IncomingMessage, { destination, isSecure }: Inside): Target | undefined {
  const { host = '' } = request.headers;
  const path = request.url ?? '';
  const named = parseDestination(host, isSecure ? TLS_PORT : PLAIN_PORT);
  const isSame = named?.host === destination.host && named.port === destination.port;
  if (!isSame || !path.startsWith('/')) return undefined;
  return { destination, host: hostHeader(destination, isSecure), path };
}

function hostHeader({ host, port }: Destination, isSecure: boolean): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (isSecure ? TLS_PORT : PLAIN_PORT) ? name : `${name}:${port}`;
}

/** Null where it cannot be reached. */
function open({ address, family }: Resolved, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, family, port, noDelay: true, timeout: CONNECT_TIMEOUT_MS });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => resolve(null));
    socket.once('connect', () => {
      socket.setTimeout(IDLE_TIMEOUT_MS);
      resolve(socket);
    });
  });
}

/** Many clients show the first line of this and nothing else. */
function refusalOfTunnel(status: number, reason: string): string {
  const body = `Threadsmith: ${reason}.\n`;
  return `HTTP/1.1 ${status} Threadsmith: ${reason}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

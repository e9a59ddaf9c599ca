// The egress proxy of a sandbox: an HTTP proxy in the worker that no network leads to. Connections come over the
// toolhost's wire. admission.ts decides about each request.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import {
  type Destination,
  type EgressPolicy,
  isRead,
  PLAIN_PORT,
  parseDestination,
  secretsFor,
  TLS_PORT,
} from '../port/network-policy.ts';
import { Admissions, type EgressReport, type Tunnel } from './admission.ts';
import { type Authority, createAuthority } from './authority.ts';
import { readOpening } from './first-bytes.ts';
import { forward, IDLE_TIMEOUT_MS, refuse } from './forward.ts';
import type { Lookup, Resolved } from './resolve.ts';
import { proxiedTarget, tunnelledTarget } from './target.ts';
import { Allowance, type EgressTraffic, Meter } from './traffic.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const MAX_CONNECTIONS = 200;
const DEFAULT_MAX_BYTES = 16 * 1024 ** 3;

export interface EgressProxyOptions {
  readonly policy: EgressPolicy;
  /** Called at once for each request. Must not throw. */
  readonly onRequest: (report: EgressReport) => void;
  /** Called with the same report when an allowed request is over. Must not throw. */
  readonly onEnd?: (report: EgressReport, traffic: EgressTraffic) => void;
  readonly lookup?: Lookup;
  /** PEM. The proxy trusts these authorities where it speaks TLS itself, and the sandbox trusts them too. */
  readonly certificates: string;
}

export interface EgressProxy {
  /** PEM. The sandbox has to trust it: the proxy ends TLS for hosts whose requests it must read. */
  readonly certificate: string;
  /** Serves one connection of a sandbox, or closes it where too many are open. Never throws. */
  serve(stream: Duplex): void;
  /** Ends all connections. May be called twice. */
  close(): void;
}

/** Makes a proxy with a certificate authority of its own. */
export async function createEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  return new HttpEgressProxy(options, await createAuthority());
}

class HttpEgressProxy implements EgressProxy {
  readonly certificate: string;
  private readonly options: EgressProxyOptions;
  private readonly authority: Authority;
  private readonly allowance: Allowance;
  private readonly admissions: Admissions;
  private readonly trust: SecureContext;
  private readonly streams = new Set<Duplex>();
  private readonly tunnels = new WeakMap<Duplex, Tunnel>();
  /** Neither listens: the proxy puts connections into them. */
  private readonly outer: Server;
  private readonly inner: Server;

  constructor(options: EgressProxyOptions, authority: Authority) {
    this.options = options;
    this.authority = authority;
    this.certificate = authority.certificate;
    this.allowance = new Allowance(options.policy.maxBytes ?? DEFAULT_MAX_BYTES);
    this.admissions = new Admissions({ ...options, allowance: this.allowance });
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

  /** Serves a CONNECT request: reads the tunnel where the policy asks for that, else passes its bytes through. */
  private async tunnel(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const asked = parseDestination(request.url ?? '');
    const admission = await this.admissions.admit('CONNECT', asked && { destination: asked });
    if (admission.kind === 'refused') {
      stream.end(refusalOfTunnel(403, admission.reason));
      return;
    }
    const { destination, address } = admission;
    const mustRead = isRead(this.options.policy, destination);
    const socket = mustRead ? undefined : await open(address, destination.port);
    if (socket === null) {
      this.admissions.report('CONNECT', destination, 'it could not be reached');
      stream.end(refusalOfTunnel(502, `${destination.host} could not be reached`));
      return;
    }
    // The sandbox may have closed the stream while the proxy connected.
    if (stream.destroyed) return void socket?.destroy();
    stream.once('close', () => socket?.destroy());
    stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const opening = await readOpening(stream, head, destination);
    if (opening.kind === 'refused' || (opening.kind === 'other' && mustRead)) {
      const reason = opening.kind === 'refused' ? opening.reason : 'the tunnel speaks neither TLS nor HTTP';
      this.admissions.report('CONNECT', destination, reason);
      stream.destroy();
      return;
    }
    stream.unshift(opening.bytes);
    if (opening.kind !== 'http' && socket !== undefined) return this.passThrough(stream, socket, destination);
    socket?.destroy();
    return this.readTunnel(stream, { destination, address, isSecure: opening.kind === 'tls' });
  }

  /** Ends TLS and answers the requests in a tunnel. */
  private async readTunnel(stream: Duplex, tunnel: Tunnel): Promise<void> {
    let inner = stream;
    if (tunnel.isSecure) {
      const secureContext = await this.authority.contextFor(tunnel.destination.host);
      inner = new TLSSocket(stream, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
      inner.on('error', () => stream.destroy());
      inner.once('close', () => stream.destroy());
    }
    this.tunnels.set(inner, tunnel);
    this.inner.emit('connection', inner);
  }

  private passThrough(stream: Duplex, socket: Socket, destination: Destination): void {
    const report = this.admissions.report('CONNECT', destination, null);
    const [sent, received] = [new Meter(this.allowance), new Meter(this.allowance)];
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

  private answer(request: IncomingMessage, response: ServerResponse, tunnel: Tunnel | undefined): void {
    this.passOn(request, response, tunnel).catch(() =>
      refuse(response, 400, 'the request cannot be passed on'),
    );
  }

  private async passOn(
    request: IncomingMessage,
    response: ServerResponse,
    tunnel: Tunnel | undefined,
  ): Promise<void> {
    const method = request.method ?? 'GET';
    // Node's parser reports version 0.9 for a target with a line break in it.
    if (request.httpVersionMajor !== 1) return refuse(response, 400, 'it is not HTTP/1.1');
    const target =
      tunnel === undefined
        ? proxiedTarget(request)
        : tunnelledTarget(request, tunnel.destination, tunnel.isSecure ? TLS_PORT : PLAIN_PORT);
    const admission = await this.admissions.admit(method, target, tunnel);
    if (admission.kind === 'refused') return refuse(response, 403, admission.reason);
    if (target === undefined) return;
    const report = this.admissions.report(method, target.destination, null, target.path);
    forward(request, response, {
      ...target,
      to: admission.address,
      trust: tunnel?.isSecure === true ? this.trust : undefined,
      secrets: secretsFor(this.options.policy, target.destination),
      allowance: this.allowance,
      onEnd: (traffic) => this.options.onEnd?.(report, traffic),
    });
  }
}

function newServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer(answer);
  server.on('clientError', (_error, stream) => stream.destroy());
  return server;
}

/** Connects to an address; null where that fails. */
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

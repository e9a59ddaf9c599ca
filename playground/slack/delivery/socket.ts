// Socket Mode: one-use tickets from apps.connections.open, WebSocket connections, envelopes out, acks in.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { randomHex } from '../records/ids.ts';
import type { Dict } from '../records/records.ts';
import type { Timers } from '../records/timers.ts';
import { isDict, textOf } from '../wire/args.ts';
import type { Envelope, Receipt, Transport } from './transport.ts';

const MAX_CONNECTIONS = 10;
const TICKET_LIFE_MS = 30_000;
const PING_EVERY_MS = 5_000;
/** After asking a client to reconnect, Slack leaves it this long before hanging up itself. */
const GRACE_MS = 10_000;

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

interface Waiting {
  socket: WebSocket;
  sentAt: number;
  settle: (receipt: Receipt) => void;
}

export interface SocketOptions {
  timers: Timers;
  ackTimeoutMs: number;
  appId: () => string;
  /** Called after every opened or closed connection with how many there are. */
  onConnections: (count: number) => void;
  /** Asked before each envelope: true cuts the connection right after the envelope has left. */
  cutAfterSending: (envelope: Envelope) => boolean;
}

export class SocketServer implements Transport {
  readonly name = 'socket';
  readonly #options: SocketOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #leaving = new WeakSet<WebSocket>();
  #sockets: WebSocket[] = [];
  #turn = 0;
  #disabled = false;
  readonly #ping: NodeJS.Timeout;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#ping = setInterval(() => {
      for (const socket of this.#sockets) socket.ping('Ping from playground');
    }, PING_EVERY_MS);
    this.#ping.unref();
  }

  get connections(): number {
    return this.#usable().length;
  }

  /** A ticket good for one connection within half a minute; undefined while Socket Mode is switched off. */
  issueTicket(): string | undefined {
    if (this.#disabled) return undefined;
    const now = performance.now();
    for (const [ticket, expires] of this.#tickets) {
      if (expires < now) this.#tickets.delete(ticket);
    }
    const ticket = randomHex(16);
    this.#tickets.set(ticket, now + TICKET_LIFE_MS);
    return ticket;
  }

  /** Takes over an HTTP upgrade of /link; a wrong, used or old ticket is refused. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const ticket = url.searchParams.get('ticket') ?? '';
    const expires = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (url.pathname.replace(/\/$/, '') !== '/link' || expires === undefined || expires < performance.now()) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const briefly = url.searchParams.get('debug_reconnects') === 'true';
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#welcome(connection, briefly));
  }

  async deliver(envelope: Envelope): Promise<Receipt> {
    const socket = this.#next();
    if (socket === undefined) return { outcome: 'absent' };
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<Receipt>();
    this.#waiting.set(id, { socket, sentAt: performance.now(), settle: resolve });
    const cancel = this.#options.timers.after(this.#options.ackTimeoutMs, () => {
      resolve({ outcome: 'failed', reason: 'timeout', giveUp: false });
    });
    socket.send(JSON.stringify(frame(id, envelope)), () => {
      if (this.#options.cutAfterSending(envelope)) socket.terminate();
    });
    const receipt = await promise;
    cancel();
    this.#waiting.delete(id);
    return receipt;
  }

  /** Sends Slack's disconnect frame to every connection (or hangs up without a word when `abrupt`). */
  disconnect(reason: DisconnectReason | 'abrupt'): number {
    const sockets = [...this.#sockets];
    for (const socket of sockets) {
      if (reason === 'abrupt') socket.terminate();
      else this.#askToLeave(socket, reason);
    }
    if (reason === 'link_disabled') this.#disabled = true;
    return sockets.length;
  }

  /** Undoes link_disabled. */
  enable(): void {
    this.#disabled = false;
  }

  close(): void {
    clearInterval(this.#ping);
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
  }

  #welcome(socket: WebSocket, briefly: boolean): void {
    socket.on('error', () => socket.terminate());
    if (this.#usable().length >= MAX_CONNECTIONS) {
      this.#askToLeave(socket, 'too_many_websockets');
      return;
    }
    this.#sockets.push(socket);
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#receive(data.toString('utf8'));
    });
    socket.on('close', () => {
      this.#sockets = this.#sockets.filter((other) => other !== socket);
      for (const waiting of this.#waiting.values()) {
        if (waiting.socket === socket)
          waiting.settle({ outcome: 'failed', reason: 'connection_failed', giveUp: false });
      }
      this.#options.onConnections(this.connections);
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.connections,
        debug_info: {
          host: 'playground',
          build_number: 1,
          approximate_connection_time: briefly ? 360 : 18_060,
        },
        connection_info: { app_id: this.#options.appId() },
      }),
    );
    this.#options.onConnections(this.connections);
  }

  #askToLeave(socket: WebSocket, reason: DisconnectReason): void {
    socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'playground' } }));
    if (reason === 'warning') return;
    this.#leaving.add(socket);
    this.#options.timers.after(GRACE_MS, () => socket.close());
  }

  #receive(text: string): void {
    let ack: unknown;
    try {
      ack = JSON.parse(text);
    } catch {
      return;
    }
    const id = textOf(ack, 'envelope_id');
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (waiting === undefined || !isDict(ack)) return;
    waiting.settle({ outcome: 'acked', ackMs: performance.now() - waiting.sentAt, payload: ack['payload'] });
  }

  #usable(): WebSocket[] {
    return this.#sockets.filter((socket) => socket.readyState === socket.OPEN && !this.#leaving.has(socket));
  }

  /** Each envelope goes to one connection, in turn. */
  #next(): WebSocket | undefined {
    const usable = this.#usable();
    this.#turn += 1;
    return usable[this.#turn % Math.max(1, usable.length)];
  }
}

function frame(id: string, envelope: Envelope): Dict {
  const common = { envelope_id: id, payload: envelope.payload };
  if (envelope.kind !== 'events_api') {
    const type = envelope.kind === 'slash_commands' ? 'slash_commands' : 'interactive';
    return { ...common, type, accepts_response_payload: true };
  }
  return {
    ...common,
    type: 'events_api',
    accepts_response_payload: false,
    retry_attempt: envelope.retryNum,
    retry_reason: envelope.retryReason,
  };
}

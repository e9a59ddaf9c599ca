// Connects a channel to a port of the sandbox's loopback.
import { connect, type Socket } from 'node:net';
import { refuse } from './replies.ts';
import type { Channel } from './wire.ts';

const RETRY_MS = 10;
/** Servers listen on either family, depending on how `localhost` was resolved. */
const ADDRESSES = ['127.0.0.1', '::1'] as const;

/** Tries to connect until a server listens or `waitMs` are over, then joins the socket with the channel. */
export async function joinPort(channel: Channel, port: number, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!channel.destroyed) {
    for (const address of ADDRESSES) {
      const socket = await tryConnect(address, port);
      if (socket === undefined) continue;
      channel.post({ ok: true });
      return joinSocket(channel, socket);
    }
    if (performance.now() >= deadline)
      return refuse(channel, 'no_listener', `nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function tryConnect(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

/** Joins a channel and a socket both ways: each ends with the other. */
export function joinSocket(channel: Channel, socket: Socket): void {
  socket.on('error', () => channel.destroy());
  channel.on('close', () => socket.destroy());
  socket.on('close', () => {
    if (!channel.writableEnded) channel.end();
  });
  socket.pipe(channel);
  channel.pipe(socket);
}

// Connections to the sandbox's own loopback, carried over a channel.
import { connect, type Socket } from 'node:net';
import { refuse } from './replies.ts';
import type { Channel } from './wire.ts';

const RETRY_MS = 10;
/** Servers listen on either family, depending on how `localhost` was resolved. */
const ADDRESSES = ['127.0.0.1', '::1'] as const;

/** Connects, trying again until a listener is there or the time is up, and then joins both streams. */
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

/** Makes one stream of a channel and a socket: each ends with the other. */
export function joinSocket(channel: Channel, socket: Socket): void {
  socket.on('error', () => channel.destroy());
  channel.on('close', () => socket.destroy());
  socket.on('close', () => {
    if (!channel.writableEnded) channel.end();
  });
  socket.pipe(channel);
  channel.pipe(socket);
}

// Listens on ports of the sandbox's loopback and passes each connection to the worker as a channel.
import { createServer, type Server } from 'node:net';
import { joinSocket } from './ports.ts';
import type { Accepted } from './protocol.ts';
import { finish, refuse } from './replies.ts';
import type { Channel, Connection } from './wire.ts';

interface Listener {
  readonly server: Server;
  owner: Connection;
}

export class Listeners {
  private readonly byPort = new Map<number, Listener>();

  /** Passes connections to a port to this worker from now on. The port stays open when the worker detaches. */
  listen(channel: Channel, owner: Connection, port: number): void {
    const known = this.byPort.get(port);
    if (known !== undefined) {
      known.owner = owner;
      return finish(channel, {});
    }
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const listener = this.byPort.get(port);
      if (listener === undefined || listener.owner.isClosed) return void socket.destroy();
      const accepted: Accepted = { accepted: port };
      joinSocket(listener.owner.open(accepted), socket);
    });
    server.once('error', (error) => refuse(channel, 'failed', error.message));
    server.listen(port, '127.0.0.1', () => {
      this.byPort.set(port, { server, owner });
      finish(channel, {});
    });
  }
}

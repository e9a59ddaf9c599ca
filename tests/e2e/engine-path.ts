// Ways to a Docker Engine that can be cut, or that hide its images.
import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../scripts/system/free-port.ts';

export interface EnginePath {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** Ends all connections and refuses new ones. */
  cut(): Promise<void>;
  /** Takes connections again, at the same address. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** A way to the engine through a TCP port of this machine. */
export async function openEnginePath(engineHost: string): Promise<EnginePath> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
  };
  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const engine = connect({ path: socketPath(engineHost), allowHalfOpen: true });
      for (const socket of [client, engine]) keep(socket);
      client.pipe(engine).on('close', () => client.destroy());
      engine.pipe(client).on('close', () => engine.destroy());
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  // Not from the range of outgoing connections, one of which could take it while the way is cut.
  const port = await freePort();
  let server = await listen(port);
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    host: `tcp://127.0.0.1:${port}`,
    cut,
    mend: async () => void (server = await listen(port)),
    close: cut,
  };
}

/** A way to the engine that has no images and no registry to pull them from. */
export async function openBareEnginePath(engineHost: string): Promise<Pick<EnginePath, 'host' | 'close'>> {
  const server = createHttpServer((incoming, answer) => {
    const path = incoming.url ?? '';
    if (/\/images\/(?!json)[^?]+/.test(path)) {
      const status = path.includes('/images/create') ? 500 : 404;
      answer.writeHead(status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ message: status === 404 ? 'No such image' : 'no registry answers' }));
      return;
    }
    const { method, headers } = incoming;
    const passed = request({ socketPath: socketPath(engineHost), path, method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `tcp://127.0.0.1:${portOf(server)}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function socketPath(engineHost: string): string {
  if (!engineHost.startsWith('unix://')) throw new Error(`a socket was expected, not ${engineHost}`);
  return engineHost.slice('unix://'.length);
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

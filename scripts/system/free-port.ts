// TCP ports on the loopback that nobody listens on.
import { createServer } from 'node:net';
import { ThreadsmithError } from '../../core/errors.ts';

/** Asks the system for a free port. Somebody else may take it before the caller does: try again then. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new ThreadsmithError('internal', 'The system gave no TCP port.', 'Start again.'));
      });
    });
  });
}

/** Whether nobody listens on the port right now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

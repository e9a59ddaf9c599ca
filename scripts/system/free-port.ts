// A TCP port on the loopback that nobody listens on.
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

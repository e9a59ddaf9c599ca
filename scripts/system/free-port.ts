// TCP ports on the loopback that nobody listens on.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { ThreadsmithError } from '../../core/errors.ts';

/** Linux gives outgoing connections ports from here on, unless it says otherwise. */
const USUAL_FIRST_OUTGOING = 32_768;
const LOWEST = 10_000;
const ATTEMPTS = 100;

/**
 * A port that nobody listens on, and that the system gives to no outgoing connection: a server that has to come
 * back on it could find it taken otherwise, by its own clients even. Somebody else may take it before the caller
 * does: try again then.
 */
export async function freePort(): Promise<number> {
  const end = firstOutgoing();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, end);
    if (await isFree(port)) return port;
  }
  throw new ThreadsmithError('internal', 'There is no free TCP port on this machine.', 'Start again.');
}

/** Whether nobody listens on the port right now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function firstOutgoing(): number {
  try {
    const first = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
    return first > LOWEST + ATTEMPTS ? first : USUAL_FIRST_OUTGOING;
  } catch {
    return USUAL_FIRST_OUTGOING;
  }
}

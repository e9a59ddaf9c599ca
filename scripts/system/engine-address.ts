// Where a Docker Engine may be, and whether it answers there.
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PING_TIMEOUT_MS = 3_000;

/** Sockets that a Docker Engine of the system, rootless or of a desktop, listens on. */
export function usualEngineHosts(): readonly string[] {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    'unix:///var/run/docker.sock',
    ...(runtime === undefined ? [] : [`unix://${runtime}/docker.sock`]),
    `unix://${join(homedir(), '.docker/run/docker.sock')}`,
  ];
}

/**
 * True when an engine answers at a `unix://` or `tcp://` address within `timeoutMs`. Other schemes are taken on
 * trust.
 */
export function engineAnswers(host: string, timeoutMs = PING_TIMEOUT_MS): Promise<boolean> {
  const url = URL.parse(host);
  if (url === null) return Promise.resolve(false);
  const isUnix = url.protocol === 'unix:';
  if (!isUnix && url.protocol !== 'tcp:' && url.protocol !== 'http:') return Promise.resolve(true);
  const target = isUnix
    ? { socketPath: decodeURIComponent(url.pathname), path: '/_ping' }
    : { host: url.hostname, port: url.port || '2375', path: '/_ping' };
  return new Promise((resolve) => {
    const ping = request({ ...target, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('timeout', () => ping.destroy());
    ping.once('error', () => resolve(false));
    ping.once('close', () => resolve(false));
    ping.end();
  });
}

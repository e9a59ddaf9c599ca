// Connects to a Docker Engine, and turns its errors into errors with advice.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { ThreadsmithError } from '../../core/errors.ts';

export interface EngineOptions {
  /** As in DOCKER_HOST: `unix:///path`, `tcp://host:port`. The usual socket without it. */
  readonly host?: string | undefined;
  /** A folder with ca.pem, cert.pem and key.pem for TLS, as in DOCKER_CERT_PATH. */
  readonly certPath?: string | undefined;
}

/** A client for the engine. Does not talk to it yet. */
export function connectEngine(options: EngineOptions): Docker {
  const host = options.host ?? 'unix:///var/run/docker.sock';
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  if (!URL.canParse(host)) throw badHost(host);
  const { protocol, hostname, port } = new URL(host);
  if (!['tcp:', 'http:', 'https:'].includes(protocol)) throw badHost(host);
  const folder = options.certPath;
  if (folder === undefined) {
    return new Docker({
      host: hostname,
      port: port === '' ? 2375 : Number(port),
      protocol: protocol === 'https:' ? 'https' : 'http',
    });
  }
  const pem = (name: string): Buffer => readFileSync(join(folder, name));
  return new Docker({
    host: hostname,
    port: port === '' ? 2376 : Number(port),
    protocol: 'https',
    ca: pem('ca.pem'),
    cert: pem('cert.pem'),
    key: pem('key.pem'),
  });
}

function badHost(host: string): ThreadsmithError {
  return new ThreadsmithError(
    'config_invalid',
    `DOCKER_HOST is ${host}, which is not an address that Threadsmith can use.`,
    'Set it to unix:///path/to/docker.sock or tcp://host:port.',
  );
}

/** The engine's HTTP status in an error, or undefined where it never answered. */
export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const status: unknown = Reflect.get(thrown, 'statusCode');
  return typeof status === 'number' ? status : undefined;
}

/** True where the engine answered with one of these statuses. */
export function answered(thrown: unknown, ...statuses: readonly number[]): boolean {
  const status = statusOf(thrown);
  return status !== undefined && statuses.includes(status);
}

/** For `catch`: these statuses of the engine mean undefined, everything else is thrown on. */
export function unless(...statuses: readonly number[]): (thrown: unknown) => undefined {
  return (thrown) => {
    if (answered(thrown, ...statuses)) return undefined;
    throw thrown;
  };
}

/** The first line of the engine's own message, without what the client library adds. */
export function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) {
    const json: unknown = Reflect.get(thrown, 'json');
    if (typeof json === 'object' && json !== null) {
      const message: unknown = Reflect.get(json, 'message');
      if (typeof message === 'string') return firstLine(message);
    }
  }
  return firstLine(thrown instanceof Error ? thrown.message : String(thrown));
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}

/** The system's message for a full disk. The engine passes it on with status 500, which it has for all faults. */
const FULL = /no space left on device|disk quota exceeded/i;

/** What the engine could not do. */
export type EngineWork = 'the sandbox could not be started' | 'the prepared repo could not be saved';

/** The error for an engine that could not do its work: `engine_full`, else `sandbox_lost`. */
export function engineFault(
  reason: string,
  cause?: unknown,
  work: EngineWork = 'the sandbox could not be started',
): ThreadsmithError {
  if (FULL.test(reason))
    return new ThreadsmithError(
      'engine_full',
      `The disk of the Docker Engine is full, so ${work} (${reason}).`,
      'Free room where the engine keeps its data (`docker system df` shows what takes it), then try again.',
      { retry: 'later', cause },
    );
  return new ThreadsmithError(
    'sandbox_lost',
    `${work.charAt(0).toUpperCase()}${work.slice(1)}: ${reason}.`,
    'Reply in the thread to try again; if it stays, look at the log of the Docker Engine.',
    { retry: 'later', cause },
  );
}

const UNREACHABLE = /^(ECONNREFUSED|ENOENT|EACCES|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/;

/**
 * Runs calls to the engine. Throws `engine_unreachable` where it does not answer, and `engineFault` for an error that it
 * answers; a ThreadsmithError passes as it is.
 */
export async function withEngine<T>(calls: () => Promise<T>, work?: EngineWork): Promise<T> {
  try {
    return await calls();
  } catch (thrown) {
    if (thrown instanceof ThreadsmithError) throw thrown;
    if (statusOf(thrown) !== undefined) throw engineFault(reasonOf(thrown), thrown, work);
    const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
    if (typeof code !== 'string' || !UNREACHABLE.test(code)) throw thrown;
    throw new ThreadsmithError(
      'engine_unreachable',
      `The Docker Engine could not be reached (${code}).`,
      'Start it, let this user use its socket, or point DOCKER_HOST at a running one.',
      { retry: 'later', cause: thrown },
    );
  }
}

/**
 * Waits for the end of a pull or import, which report progress as JSON lines. Throws `image_build_failed` where one of
 * them is an error.
 */
export function followProgress(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onEvent: (event: { status?: string }) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null, events: unknown) => {
        if (error !== null) return reject(error);
        const failed = Array.isArray(events)
          ? events.find((event) => typeof event === 'object' && event !== null && 'error' in event)
          : undefined;
        if (failed !== undefined) return reject(imageFailed(String(failed.error)));
        resolve();
      },
      onEvent,
    );
  });
}

function imageFailed(reason: string): ThreadsmithError {
  return new ThreadsmithError(
    'image_build_failed',
    `The Docker Engine could not pull or import an image: ${firstLine(reason)}`,
    'Check the free disk space and the log of the Docker Engine, then start again.',
  );
}

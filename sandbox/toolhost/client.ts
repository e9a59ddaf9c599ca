// The worker's end of the wire to a toolhost: one method for each operation; every answer is checked and bounded.
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import {
  acceptedFields,
  type Failure,
  helloFields,
  noFields,
  parseAnswer,
  resultFields,
  sizeFields,
} from './answers.ts';
import type { Json } from './inside/frames.ts';
import { type HelloFields, PROTOCOL_VERSION, type Request } from './inside/protocol.ts';
import { type Channel, Connection } from './inside/wire.ts';

const HELLO_TIMEOUT_MS = 10_000;
/** A toolhost that has not answered a ping for this long is dead or frozen. */
const SILENCE_MAX_MS = 45_000;
const PING_EVERY_MS = 15_000;

export type RunRequest = Extract<Request, { op: 'run' }>;
export type RunAnswer = z.infer<typeof resultFields> & { readonly output: Buffer };

export class ToolhostClient {
  readonly hello: Omit<HelloFields, 'version'>;
  private readonly connection: Connection;
  private readonly pinging: NodeJS.Timeout;
  private readonly accepting: Accepting;

  private constructor(connection: Connection, hello: HelloFields, accepting: Accepting) {
    this.connection = connection;
    this.hello = hello;
    this.accepting = accepting;
    this.pinging = setInterval(() => this.checkAlive(), PING_EVERY_MS);
    this.pinging.unref();
  }

  /**
   * Says hello over a byte stream that leads to a toolhost. Throws `sandbox_lost` where none answers and
   * `lease_lost` where a worker with a newer claim is attached. The stream is destroyed on failure.
   */
  static async attach(
    stream: Duplex,
    fence: number,
    helloTimeoutMs = HELLO_TIMEOUT_MS,
  ): Promise<ToolhostClient> {
    const accepting: Accepting = new Map();
    const connection = new Connection(stream, 'worker', {
      onOpen: (channel, value) => accept(accepting, channel, value),
      onClose: () => {},
    });
    const timer = setTimeout(() => connection.close('no hello in time'), helloTimeoutMs);
    try {
      const hello = await ask(connection, { op: 'hello', version: PROTOCOL_VERSION, fence }, helloFields);
      if (!hello.ok) throw failed(hello);
      if (hello.fields.version !== PROTOCOL_VERSION) throw lost('its toolhost is of another version');
      return new ToolhostClient(connection, hello.fields, accepting);
    } catch (thrown) {
      connection.close('hello failed');
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  get isClosed(): boolean {
    return this.connection.isClosed;
  }

  /** Uses the number of a claim from here on. Throws `lease_lost` where a worker with a newer one is attached. */
  async claim(fence: number): Promise<void> {
    const hello = await ask(this.connection, { op: 'hello', version: PROTOCOL_VERSION, fence }, helloFields);
    if (!hello.ok) throw failed(hello);
  }

  /** Runs a command, or waits for the one of the same id. `onChunk` gets its output live; failures are thrown. */
  async run(request: RunRequest, stdin?: Uint8Array, onChunk?: (chunk: Buffer) => void): Promise<RunAnswer> {
    const channel = this.connection.open(asJson(request));
    if (stdin !== undefined) channel.write(stdin);
    channel.end();
    if (onChunk !== undefined) channel.on('data', onChunk);
    channel.resume();
    const { value, body } = await nextMessage(channel);
    const answer = parseAnswer(value, request.background ? noFields : resultFields);
    if (!answer.ok) throw failed(answer);
    const fields = request.background ? startedOnly : resultFields.parse(answer.fields);
    return { ...fields, output: body };
  }

  /** Signals a command (`kill`) or ends it for certain (`stop`). An unknown id is no error. */
  async end(request: Extract<Request, { op: 'kill' | 'stop' }>): Promise<void> {
    await this.plain(request);
  }

  /** Reads a regular file. Throws `file_too_large` over `maxBytes` and `path_refused` where it cannot be read. */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const channel = this.connection.open(asJson({ op: 'read', path, maxBytes }));
    channel.end();
    const { value } = await nextMessage(channel);
    const answer = parseAnswer(value, sizeFields);
    if (!answer.ok) throw failed(answer, path);
    const { size } = answer.fields;
    if (size > maxBytes) throw tooLarge(path, size);
    return collect(channel, path, size);
  }

  /** Writes what `content` yields. Programs see the file only once it is whole. Throws `sandbox_full`, `path_refused`. */
  async write(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const channel = this.connection.open(asJson({ op: 'write', path }));
    const answered = nextMessage(channel);
    // The await below sees its rejection, also where sending fails first.
    answered.catch(() => undefined);
    for await (const chunk of content) {
      if (channel.destroyed || channel.writableEnded) break;
      if (!channel.write(chunk)) await drained(channel);
    }
    channel.end();
    channel.resume();
    const answer = parseAnswer((await answered).value, noFields);
    if (!answer.ok) throw failed(answer, path);
  }

  /** Connects to a port of the sandbox's loopback. Throws `command_timeout` where nothing listens after `waitMs`. */
  async connect(port: number, waitMs: number): Promise<Duplex> {
    const channel = this.connection.open(asJson({ op: 'connect', port, waitMs }));
    const { value } = await nextMessage(channel);
    const answer = parseAnswer(value, noFields);
    if (!answer.ok) {
      channel.destroy();
      throw failed(answer);
    }
    return channel;
  }

  /** Listens on the sandbox's loopback; `onConnection` gets each connection, and must close it. */
  async listen(port: number, onConnection: (stream: Duplex) => void): Promise<void> {
    this.accepting.set(port, onConnection);
    await this.plain({ op: 'listen', port });
  }

  close(): void {
    clearInterval(this.pinging);
    this.connection.close('closed by the worker');
  }

  private async plain(request: Request): Promise<void> {
    const answer = await ask(this.connection, request, noFields);
    if (!answer.ok) throw failed(answer);
  }

  private checkAlive(): void {
    if (this.connection.isClosed) return clearInterval(this.pinging);
    const timer = setTimeout(() => this.connection.close('the toolhost is silent'), SILENCE_MAX_MS);
    timer.unref();
    this.plain({ op: 'ping' }).then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
  }
}

type Accepting = Map<number, (stream: Duplex) => void>;

/** Hands on a connection that the toolhost accepted, or drops it where this worker does not listen on that port. */
function accept(accepting: Accepting, channel: Channel, value: Json): void {
  const parsed = acceptedFields.safeParse(value);
  const onConnection = parsed.success ? accepting.get(parsed.data.accepted) : undefined;
  if (onConnection === undefined) channel.destroy();
  else onConnection(channel);
}

const startedOnly: z.infer<typeof resultFields> = {
  exitCode: null,
  signal: null,
  timedOut: false,
  durationMs: 0,
  totalBytes: 0,
  truncated: false,
};

async function ask<Fields>(connection: Connection, request: Request, fields: z.ZodType<Fields>) {
  const channel = connection.open(asJson(request));
  channel.end();
  channel.resume();
  const { value } = await nextMessage(channel);
  return parseAnswer(value, fields);
}

/** The next message of a channel. Rejects with `sandbox_lost` where the channel ends without one. */
function nextMessage(channel: Channel): Promise<{ value: Json; body: Buffer }> {
  return new Promise((resolve, reject) => {
    channel.onMessage((value, body) => resolve({ value, body }));
    channel.once('close', () => reject(lost('the connection to it ended', channel.errored ?? undefined)));
    if (channel.destroyed) reject(lost('it is not connected'));
  });
}

async function collect(channel: Channel, path: string, size: number): Promise<Uint8Array> {
  const content = Buffer.allocUnsafe(size);
  let offset = 0;
  try {
    for await (const chunk of channel) {
      if (!Buffer.isBuffer(chunk) || offset + chunk.length > size) throw changed(path);
      offset += chunk.copy(content, offset);
      if (offset === size) break;
    }
  } catch (cause) {
    throw cause instanceof ThreadsmithError ? cause : lost('the connection to it ended', cause);
  }
  if (offset < size) throw changed(path);
  return content;
}

function changed(path: string): ThreadsmithError {
  return new ThreadsmithError(
    'path_refused',
    `${path} changed while it was read from the sandbox.`,
    'Read it again when nothing writes to it any more.',
    { retry: 'now' },
  );
}

function drained(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      channel.off('drain', done);
      channel.off('close', done);
      resolve();
    };
    channel.once('drain', done);
    channel.once('close', done);
  });
}

function asJson(request: Request): Json {
  return { ...request };
}

export function lost(reason: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'sandbox_lost',
    `The sandbox was lost: ${reason}.`,
    'The turn goes on in the same sandbox if it is still there, else in a fresh one; reply in the thread if it does not.',
    { retry: 'now', cause },
  );
}

function tooLarge(path: string, size: number): ThreadsmithError {
  return new ThreadsmithError(
    'file_too_large',
    `${path} has ${size} bytes, which is more than may be read at once.`,
    'Read a part of it with a command, or make it smaller.',
  );
}

function failed({ code, reason }: Failure, path = ''): ThreadsmithError {
  switch (code) {
    case 'fenced':
      return new ThreadsmithError(
        'lease_lost',
        'Another worker has taken over this sandbox.',
        'Nothing to do: the other worker goes on with the turn.',
      );
    case 'too_large':
      return tooLarge(path, Number(reason) || 0);
    case 'no_such_file':
      return new ThreadsmithError(
        'path_refused',
        `${path} cannot be used as a file in the sandbox: ${reason}`,
        'Check the path; only regular files in places the sandbox may write to can be used.',
      );
    case 'disk_full':
      return new ThreadsmithError(
        'sandbox_full',
        `The disk of the sandbox is full, so ${path} could not be written.`,
        'Remove files that can be made again, such as build output and caches, then try again; if the machine’s own disk is full, free room there.',
        { retry: 'later' },
      );
    case 'no_listener':
      return new ThreadsmithError(
        'command_timeout',
        `In the sandbox, ${reason}.`,
        'Check that the server starts, and that it listens on localhost and on this port.',
      );
    case 'bad_request':
    case 'failed':
      return new ThreadsmithError(
        'internal',
        `The sandbox could not do that: ${reason}`,
        'Reply in the thread to try again; the log of the worker has the details.',
      );
  }
}

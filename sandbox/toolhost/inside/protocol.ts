// The requests of a worker to a toolhost and the answers. A channel opens with one request, and its last message is the
// answer. Both programs import this file, so they cannot differ.

export const PROTOCOL_VERSION = 2;
/** In the toolhost's own tmpfs, which only the image's user may enter. */
export const SOCKET_PATH = '/run/toolhost/socket';

export type Request =
  /** `fence` is the claim's number: a toolhost that has seen a higher one refuses the connection. */
  | { readonly op: 'hello'; readonly version: number; readonly fence: number }
  | {
      readonly op: 'run';
      readonly command: CommandRequest;
      /** True: answer when it has started. False: answer with its result when it has ended. */
      readonly background: boolean;
      /** Whether output is wanted on the channel as it comes. */
      readonly live: boolean;
      readonly maxOutputBytes: number;
    }
  | { readonly op: 'kill'; readonly id: string; readonly signal: string }
  /** Ends a command for certain: SIGTERM to everything it started, SIGKILL after a moment. */
  | { readonly op: 'stop'; readonly id: string }
  /** Content follows as the channel's bytes. */
  | { readonly op: 'read'; readonly path: string; readonly maxBytes: number }
  /** Content is read from the channel's bytes. */
  | { readonly op: 'write'; readonly path: string }
  /** After the answer, the channel is the connection. */
  | { readonly op: 'connect'; readonly port: number; readonly waitMs: number }
  /**
   * Listens on a port of the sandbox's loopback. Each connection comes as a channel that the toolhost opens
   * with `Accepted`. The newest worker that listens gets them.
   */
  | { readonly op: 'listen'; readonly port: number }
  | { readonly op: 'ping' };

/** The first message of a channel that the toolhost opens. */
export type Accepted = { readonly accepted: number };

export type CommandRequest = {
  readonly id: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** 0 for none. */
  readonly timeoutMs: number;
  /** Standard input comes as the channel's bytes. */
  readonly hasStdin: boolean;
};

/** Why a request is refused. */
export type FailCode =
  | 'fenced'
  | 'no_such_file'
  | 'too_large'
  | 'disk_full'
  | 'no_listener'
  | 'bad_request'
  | 'failed';

/** A command's end. The message's body is the output, without its middle where it is over the bound. */
export type ResultFields = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly totalBytes: number;
  readonly truncated: boolean;
  readonly path: string;
};

/** The isolation that the toolhost sees. Only worth something before any other program ran in the sandbox. */
export type HelloFields = {
  readonly version: number;
  readonly uid: number;
  readonly seccomp: number;
  readonly noNewPrivileges: number;
  /** Capability sets as the kernel prints them, in hexadecimal. */
  readonly effective: string;
  readonly bounding: string;
  readonly interfaces: readonly string[];
};

export type EndOfCommand = Omit<ResultFields, 'truncated'>;

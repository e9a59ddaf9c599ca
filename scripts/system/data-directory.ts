// Where everything that Threadsmith keeps on this machine is, so that one folder is the whole back-up.
import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ThreadsmithError } from '../../core/errors.ts';

/** A unix socket's path may have 107 bytes; containerd's longest one below this folder takes 45 of them. */
const RUNTIME_PATH_MAX_BYTES = 60;

export interface DataDirectory {
  readonly root: string;
  readonly logs: string;
  readonly postgres: string;
  readonly redis: string;
  /** Images, volumes and containers of the Docker Engine that we start ourselves. */
  readonly engine: string;
  /** Sockets and other things that only matter while something runs. */
  readonly runtime: string;
  readonly playground: string;
  readonly secrets: string;
  readonly lock: string;
  readonly firstRequest: string;
  readonly defaultConfig: string;
  readonly sampleRepo: string;
}

/** Names the folders; `create` makes them. */
export function dataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  const below = (name: string) => join(root, name);
  return {
    root,
    logs: below('logs'),
    postgres: below('postgres'),
    redis: below('redis'),
    engine: below('docker'),
    runtime: runtimeDirectory(root),
    playground: below('workspace'),
    secrets: below('secrets'),
    lock: below('start.lock'),
    firstRequest: below('first-request.json'),
    defaultConfig: below('threadsmith.yaml'),
    sampleRepo: below('sample-repo'),
  };
}

/** Makes the folders that belong to the current user. Throws `config_invalid` where it may not. */
export function createDataDirectory(data: DataDirectory): void {
  try {
    mkdirSync(data.logs, { recursive: true });
    mkdirSync(data.secrets, { recursive: true, mode: 0o700 });
    mkdirSync(data.runtime, { recursive: true, mode: 0o700 });
    accessSync(data.root, constants.W_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ThreadsmithError(
      'config_invalid',
      `The data directory ${data.root} cannot be written to: ${reason}.`,
      'Let this user write there, or set THREADSMITH_DATA to another folder.',
      { cause },
    );
  }
  // A folder in a shared place may have been made by somebody else, to catch our engine's socket.
  const owner = lstatSync(data.runtime);
  if (!owner.isDirectory() || (process.getuid !== undefined && owner.uid !== process.getuid())) {
    throw new ThreadsmithError(
      'config_invalid',
      `${data.runtime} belongs to somebody else.`,
      'Remove it, or set THREADSMITH_DATA to a shorter path.',
    );
  }
}

function runtimeDirectory(root: string): string {
  const below = join(root, 'run');
  if (Buffer.byteLength(below) <= RUNTIME_PATH_MAX_BYTES) return below;
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const shared = process.getuid?.() === 0 ? '/run' : (process.env['XDG_RUNTIME_DIR'] ?? tmpdir());
  return join(shared, `threadsmith-${hash}`);
}

// The flags of the two commands.
import { parseArgs } from 'node:util';
import { ThreadsmithError } from '../../core/errors.ts';

export interface StartArguments {
  /** Play the first request, print it, and end. */
  readonly once: boolean;
  /** Print what would be installed on the machine instead of installing it. */
  readonly mayInstall: boolean;
  /** Of the local workspace; undefined for the usual one. */
  readonly port: number | undefined;
}

/** Reads the arguments of `npm start`. Throws `config_invalid` for one that it does not know. */
export function readStartArguments(args: readonly string[]): StartArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        'no-system': { type: 'boolean', default: false },
        port: { type: 'string' },
      },
    });
    return {
      once: values.once,
      mayInstall: !values['no-system'],
      port: values.port === undefined ? undefined : readPort(values.port),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ThreadsmithError(
      'config_invalid',
      `npm start does not know that: ${reason}`,
      'It takes --once (play one request and end), --no-system (print what would be installed) and --port.',
      { cause },
    );
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new RangeError(`--port must be a port number, not ${text}`);
}

export interface TestArguments {
  readonly mayInstall: boolean;
  /** For vitest: files, `-t`, `--bail` and so on. */
  readonly vitest: readonly string[];
}

/** Reads the arguments of `npm test`; all but `--no-system` are vitest's. */
export function readTestArguments(args: readonly string[]): TestArguments {
  return {
    mayInstall: !args.includes('--no-system'),
    vitest: args.filter((argument) => argument !== '--no-system'),
  };
}

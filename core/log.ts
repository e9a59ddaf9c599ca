// Writes log entries to standard error, one JSON line each, for machines and for people with jq.
import { nothingHidden, type Redact } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Makes a log whose entries have these fields too. */
  with(fields: LogFields): Log;
}

const ranks: Record<LogLevel, number> = {
  debug: 10,
  info: 20,
  warn: 30,
  error: 40,
};

export interface LogOptions {
  readonly level?: LogLevel;
  readonly fields?: LogFields;
  /** Hides secrets in a finished line. */
  readonly redact?: Redact;
  /** Takes one line without its line break. Default: standard error. */
  readonly write?: (line: string) => void;
}

/** Makes a log. Errors among the fields are written with message, code and stack. */
export function createLog(options: LogOptions = {}): Log {
  const least = ranks[options.level ?? 'info'];
  const fixed = options.fields ?? {};
  const redact = options.redact ?? nothingHidden;
  const write = options.write ?? ((line: string) => process.stderr.write(`${line}\n`));
  const entry =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (ranks[level] < least) return;
      const line = JSON.stringify(
        { at: new Date().toISOString(), level, message, ...fixed, ...fields },
        describe,
      );
      write(redact(line));
    };
  return {
    debug: entry('debug'),
    info: entry('info'),
    warn: entry('warn'),
    error: entry('error'),
    with: (fields) => createLog({ ...options, fields: { ...fixed, ...fields } }),
  };
}

function describe(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const code: unknown = Reflect.get(value, 'code');
  return {
    name: value.name,
    message: value.message,
    code,
    stack: value.stack,
    cause: value.cause,
  };
}

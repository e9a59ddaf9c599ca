// Slack's libraries log through ours: they write to standard output otherwise, which belongs to the ready line.
import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../../core/log.ts';

/** A logger for Slack's libraries. Their debug lines, which hold whole payloads, are dropped. */
export function slackLogger(log: Log): Logger {
  const text = (parts: readonly unknown[]): string => parts.map((part) => String(part)).join(' ');
  return {
    debug: () => {},
    info: (...parts: unknown[]) => log.debug(text(parts)),
    warn: (...parts: unknown[]) => log.warn(text(parts)),
    error: (...parts: unknown[]) => log.warn(text(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}

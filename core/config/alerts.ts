// Alert rules of the configuration: which messages of a channel are alerts, and what is done about them.
import { z } from 'zod';
import { names } from './names.ts';

export const alertSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,60}$/, 'letters, digits, dots, dashes and underscores'),
  /** A channel's id, or its name without #. */
  channel: z.string().min(1),
  /** Bot ids (B…) or app ids (A…) whose messages count. */
  from: names.min(1, 'at least one bot or app id'),
  /** A regular expression that the text must match, without regard to case. */
  pattern: z.string().min(1).default('.').refine(isPattern, 'a regular expression'),
  repo: z.string().min(1),
  /** `ask`: the agent only investigates, and a person decides on a fix. */
  fix: z.enum(['ask', 'at_once']).default('ask'),
  quiet_minutes: z.int().min(1).max(10_080).default(60),
  per_hour: z.int().min(1).max(100).default(6),
});

export type AlertRule = z.infer<typeof alertSchema>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'iu') instanceof RegExp;
  } catch {
    return false;
  }
}

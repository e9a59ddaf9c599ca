// Makes the errors for a configuration that is not valid.
import type { z } from 'zod';
import { ThreadsmithError } from '../errors.ts';
import { issuesText } from '../parse.ts';

export function configInvalid(message: string, advice: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError('config_invalid', message, advice, { cause });
}

/** The error for a value that does not fit its schema: it names every wrong key, and what was expected there. */
export function invalid(where: string, issues: readonly z.core.$ZodIssue[]): ThreadsmithError {
  return configInvalid(
    `${where} is not a valid configuration: ${issuesText(issues)}.`,
    'Correct the named keys and start again.',
  );
}

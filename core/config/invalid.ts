// Makes the error for a configuration that does not fit its schema.
import type { z } from 'zod';
import { ThreadsmithError } from '../errors.ts';
import { issuesText } from '../parse.ts';

/** Names every wrong key of `where` with what was expected there, as `config_invalid`. */
export function invalid(where: string, issues: readonly z.core.$ZodIssue[]): ThreadsmithError {
  return new ThreadsmithError(
    'config_invalid',
    `${where} is not a valid configuration: ${issuesText(issues)}.`,
    'Correct the named keys and start again.',
  );
}

// What a person is told of a configuration that does not fit its schema.
import type { z } from 'zod';
import { ThreadsmithError } from '../errors.ts';
import { issuesText } from '../parse.ts';

/** One error that names every key with what was expected there. */
export function invalid(where: string, issues: readonly z.core.$ZodIssue[]): ThreadsmithError {
  return new ThreadsmithError(
    'config_invalid',
    `${where} is not a valid configuration: ${issuesText(issues)}.`,
    'Correct the named keys and start again.',
  );
}

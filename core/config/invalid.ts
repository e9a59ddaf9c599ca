// What a person is told of a configuration that does not fit its schema.
import type { z } from 'zod';
import { ThreadsmithError } from '../errors.ts';

/** One error that names every key with what was expected there. */
export function invalid(where: string, issues: readonly z.core.$ZodIssue[]): ThreadsmithError {
  const lines = issues.map(
    (issue) => `${issue.path.map(String).join('.') || '(top level)'}: ${issue.message}`,
  );
  return new ThreadsmithError(
    'config_invalid',
    `${where} is not a valid configuration: ${lines.join('; ')}.`,
    'Correct the named keys and start again.',
  );
}

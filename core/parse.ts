// Reads what comes from outside: JSON that may be none, and what zod has to say about a value.
import type { z } from 'zod';

/** The value of a JSON text, or `undefined` where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is wrong with a value, as `path: message` for each issue; `whole` names the value itself. */
export function issuesText(issues: readonly z.core.$ZodIssue[], whole = '(top level)'): string {
  return issues
    .map(({ path, message }) => [path.map(String).join('.') || whole, message].filter(Boolean).join(': '))
    .join('; ');
}

// For values that a test cannot go on without.

/** The value, or a failure that says what is missing. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(what);
  return value;
}

// A finding of a rule in a change, in words for people and for the agent.

export interface Finding {
  readonly rule: 'weakened_test' | 'secret';
  readonly path: string;
  /** The line in the new file; null where the finding is about the whole file. */
  readonly line: number | null;
  /** One sentence without the place, which `describe` adds. It never holds the secret itself. */
  readonly sentence: string;
  /** A certain finding keeps the change from being published. */
  readonly certain: boolean;
}

/** `src/a.test.ts:12: A test is skipped (it.skip).` */
export function describe(finding: Finding): string {
  return `${finding.path}${finding.line === null ? '' : `:${finding.line}`}: ${finding.sentence}`;
}

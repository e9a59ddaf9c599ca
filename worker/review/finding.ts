// What a rule found in a change, in words for a person and for the agent.

export interface Finding {
  readonly rule: 'weakened_test' | 'secret';
  readonly path: string;
  /** In the new file; null where the finding is about the whole file. */
  readonly line: number | null;
  /** One plain sentence without its subject's place, which `describe` adds. Never holds the secret itself. */
  readonly sentence: string;
  /** Beyond doubt: the change must not leave the sandbox with it. */
  readonly certain: boolean;
}

/** `src/a.test.ts:12: A test is skipped (it.skip).` */
export function describe(finding: Finding): string {
  return `${finding.path}${finding.line === null ? '' : `:${finding.line}`}: ${finding.sentence}`;
}

// The evidence about a change: its verification by checks and pages, and its review.
import type { PageComparison } from './page.ts';

export interface CheckResult {
  readonly name: string;
  /** The command line that was run. */
  readonly run: string;
  readonly status: 'passed' | 'failed' | 'timed_out';
  readonly durationMs: number;
  /** The end of the output, for a person to read. */
  readonly outputTail: string;
}

/** The outcome of checks and page visits for exactly one commit. */
export interface Verification {
  readonly commit: string;
  readonly passed: boolean;
  readonly checks: readonly CheckResult[];
  readonly pages: readonly PageComparison[];
  /** Artifact of kind `recording`: the pages as they opened after the change. */
  readonly recordingId?: string;
  /** The reasons why it did not pass or could not be verified, one sentence each. */
  readonly problems: readonly string[];
}

/** The review of a change, by rules and by a second model. */
export interface Review {
  /** `none`: the rules found nothing, and no second model could be asked. */
  readonly verdict: 'pass' | 'fail' | 'none';
  /** The findings of the rules, one sentence each. */
  readonly findings: readonly string[];
  /** The reasons of the second model against the change, or why it gave no verdict, one sentence each. */
  readonly reasons: readonly string[];
  /** The name of the second model. */
  readonly model: string;
}

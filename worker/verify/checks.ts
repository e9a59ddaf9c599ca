// Runs the repo's own checks in the sandbox, one after the other.

import type { CheckResult } from '../../core/verification.ts';
import { shell, type Workspace } from '../workspace/workspace.ts';

const TAIL_CHARS = 3_000;
const OUTPUT_BYTES = 64 * 1024;

/** Runs all checks, also after one fails, and reports each at its end. */
export async function runChecks(workspace: Workspace, round: number): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [index, check] of workspace.repoFile.checks.entries()) {
    await workspace.report({ type: 'phase.progress', phase: 'verify', detail: `Running ${check.name}` });
    const timeoutMs = workspace.config.sandbox.check_minutes * 60_000;
    const result = await shell(workspace, `check-r${round}-${index}`, check.run, {
      timeoutMs,
      maxOutputBytes: OUTPUT_BYTES,
      env: { CI: 'true' },
    });
    const outcome: CheckResult = {
      name: check.name,
      run: check.run,
      status: result.timedOut ? 'timed_out' : result.exitCode === 0 ? 'passed' : 'failed',
      durationMs: result.durationMs,
      outputTail: result.output.text.slice(-TAIL_CHARS),
    };
    results.push(outcome);
    await workspace.report({ type: 'check.finished', check: outcome, round });
  }
  return results;
}

/** One sentence about a check that did not pass. */
export function describeFailure(check: CheckResult): string {
  const seconds = Math.round(check.durationMs / 1000);
  return check.status === 'timed_out'
    ? `The check ${check.name} (${check.run}) was stopped after ${seconds} s without an end.`
    : `The check ${check.name} (${check.run}) failed.`;
}

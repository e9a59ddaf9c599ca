// Verifies a commit by the repo's checks and its pages. The model has no say in it.

import type { Verification } from '../../core/verification.ts';
import { shell, type Workspace } from '../workspace/workspace.ts';
import { describeFailure, runChecks } from './checks.ts';
import { lookAtPages, type PageOptions } from './look.ts';

/**
 * Runs the checks and opens the pages for the commit whose tree is staged in the sandbox, and reports the outcome.
 * Checks that fail are problems, not errors.
 */
export async function verify(options: PageOptions & { readonly commit: string }): Promise<Verification> {
  const { workspace, commit, round } = options;
  await resetTree(workspace, `clean-r${round}`);
  const checks = await runChecks(workspace, round);
  // Files that a check rewrote must be neither in the pictures nor in the change of the next round.
  await resetTree(workspace, `tidy-r${round}`);
  const seen = await lookAtPages(options);
  const problems = [
    ...checks.filter((check) => check.status !== 'passed').map(describeFailure),
    ...seen.problems,
  ];
  if (checks.length === 0 && seen.pages.length === 0) {
    problems.push(
      'The repo names no checks and no pages, so nothing could be verified; add checks to .threadsmith.yaml.',
    );
  }
  const verification: Verification = {
    commit,
    passed: problems.length === 0,
    checks,
    pages: seen.pages,
    ...(seen.recordingId === null ? {} : { recordingId: seen.recordingId }),
    problems,
  };
  await workspace.report({ type: 'verify.finished', verification, round });
  return verification;
}

/** Resets the working tree to the index, which is the tree of the commit. */
async function resetTree(workspace: Workspace, name: string): Promise<void> {
  await shell(workspace, name, 'git checkout -q -- . && git clean -fdq');
}

/** The message for the agent when a verification did not pass. */
export function verificationReport(verification: Verification): string {
  const failed = verification.checks.filter((check) => check.status !== 'passed');
  return [
    'The verification of your change did not pass. Mend the cause, not the check.',
    ...verification.problems.map((problem) => `- ${problem}`),
    ...failed.map((check) => `\nEnd of the output of ${check.name} (${check.run}):\n${check.outputTail}`),
  ].join('\n');
}

// Chapter 3: what the blueprint, not the model, says about a commit.

import type { Verification } from '../../core/verification.ts';
import { shell, type Workspace } from '../workspace/workspace.ts';
import { describeFailure, runChecks } from './checks.ts';
import { lookAtPages } from './look.ts';
import type { VerifyOptions } from './options.ts';

/** Runs the checks and opens the pages for exactly this commit, and reports the outcome. */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const { workspace, commit, round } = options;
  await resetTree(workspace, `clean-r${round}`);
  const checks = await runChecks(workspace, round);
  // A check that rewrites files must not change what is looked at, nor what comes with the next round.
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

/** Brings the working tree back to what was staged, which is the tree of the commit. */
async function resetTree(workspace: Workspace, name: string): Promise<void> {
  await shell(workspace, name, 'git checkout -q -- . && git clean -fdq');
}

/** What the agent is told when a verification did not pass. */
export function verificationReport(verification: Verification): string {
  const failed = verification.checks.filter((check) => check.status !== 'passed');
  return [
    'The verification of your change did not pass. Mend the cause, not the check.',
    ...verification.problems.map((problem) => `- ${problem}`),
    ...failed.map((check) => `\nEnd of the output of ${check.name} (${check.run}):\n${check.outputTail}`),
  ].join('\n');
}

// Chapter 3: what the blueprint, not the model, says about a commit.

import { toFailure } from '../../core/errors.ts';
import type { NamedShot, PageComparison, Verification } from '../../core/event.ts';
import type { SandboxBrowser } from '../../sandbox/browser.ts';
import { type Bench, shell } from './bench.ts';
import { describeFailure, runChecks } from './checks.ts';
import { capturePages } from './pages.ts';

export interface VerifyOptions {
  readonly bench: Bench;
  /** The commit whose tree the working tree is. */
  readonly commit: string;
  readonly round: number;
  /** The pages before the session changed anything. */
  readonly before: readonly NamedShot[];
  readonly openBrowser: () => Promise<SandboxBrowser>;
}

/** Runs the checks and opens the pages for exactly this commit, and reports the outcome. */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const { bench, commit, round } = options;
  await resetTree(bench, `clean-r${round}`);
  const checks = await runChecks(bench, round);
  // A check that rewrites files must not change what is looked at, nor what comes with the next round.
  await resetTree(bench, `tidy-r${round}`);
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
    problems,
  };
  await bench.report({ type: 'verify.finished', verification, round });
  return verification;
}

/** Brings the working tree back to what was staged, which is the tree of the commit. */
async function resetTree(bench: Bench, name: string): Promise<void> {
  await shell(bench, name, 'git checkout -q -- . && git clean -fdq');
}

interface Seen {
  readonly pages: readonly PageComparison[];
  readonly problems: readonly string[];
}

async function lookAtPages(options: VerifyOptions): Promise<Seen> {
  const { bench, before, round } = options;
  const { serve, pages } = bench.repoFile;
  if (serve === undefined || pages.length === 0) return { pages: [], problems: [] };
  await bench.report({ type: 'phase.progress', phase: 'verify', detail: 'Opening the pages in a browser' });
  let after: readonly NamedShot[] = [];
  const problems: string[] = [];
  try {
    after = await capturePages({ ...bench, label: `after-r${round}`, openBrowser: options.openBrowser });
  } catch (error) {
    bench.signal.throwIfAborted();
    problems.push(`The app could not be served and opened: ${toFailure(error).message}`);
  }
  const shotOf = (shots: readonly NamedShot[], path: string) =>
    shots.find((named) => named.path === path)?.shot ?? null;
  const compared = pages.map((page) => ({
    ...page,
    before: shotOf(before, page.path),
    after: shotOf(after, page.path),
  }));
  return { pages: compared, problems: [...problems, ...compared.flatMap(newFaults)] };
}

/** Faults that the page did not have before. */
function newFaults(page: PageComparison): readonly string[] {
  if (page.after === null) return [];
  const { status, consoleErrors, failedRequests } = page.after;
  const faults: string[] = [];
  if (status === null || status >= 400)
    faults.push(`${page.name} (${page.path}) answers with ${status ?? 'nothing'}.`);
  const known = new Set([...(page.before?.consoleErrors ?? []), ...(page.before?.failedRequests ?? [])]);
  for (const error of consoleErrors)
    if (!known.has(error)) faults.push(`${page.name} logs a new error: ${error}`);
  for (const request of failedRequests)
    if (!known.has(request)) faults.push(`${page.name} has a new failed request: ${request}`);
  return faults;
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

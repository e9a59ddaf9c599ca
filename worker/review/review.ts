// Reviews a change without its author: rules first, then a second model.
import type { StepUsage } from '../../core/journal.ts';
import type { Redact } from '../../core/redact.ts';
import type { Review } from '../../core/verification.ts';
import type { Mirror } from '../forge/mirror.ts';
import type { Model } from '../model/model.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { added, type DiffFile, readDiff } from './diff.ts';
import { describe, type Finding } from './finding.ts';
import { judge } from './judge.ts';
import { addedSecrets } from './secrets.ts';
import { weakenedTests } from './weakened-tests.ts';

const MAX_DIFF_BYTES = 2 * 1024 * 1024;
const MAX_FINDINGS = 12;

/** The findings of all rules in a diff. */
export function findingsIn(diff: string): readonly Finding[] {
  const files = readDiff(diff);
  return [...addedSecrets(files), ...weakenedTests(files)];
}

/** One sentence for each credential beyond doubt that the change would publish with `commit`. */
export async function secretsIn(
  mirror: Mirror,
  over: string,
  commit: string,
  redact: Redact,
): Promise<readonly string[]> {
  const files = readDiff(await mirror.trees.diff(over, commit, MAX_DIFF_BYTES));
  return [...knownSecrets(files, redact), ...addedSecrets(files)]
    .filter((finding) => finding.certain)
    .slice(0, MAX_FINDINGS)
    .map(describe);
}

export interface ReviewOptions {
  readonly workspace: Pick<Workspace, 'mirror' | 'signal' | 'report'>;
  readonly model: Model;
  /** The change is the difference from this commit to `commit`. */
  readonly over: string;
  readonly commit: string;
  /** All requests of the session, because a follow-up is only understood with the earlier ones. */
  readonly request: string;
  readonly summary: string;
  readonly round: number;
}

export interface Reviewed {
  readonly review: Review;
  /** The usage of the second model. */
  readonly usage: StepUsage;
}

/** Reviews the change of this turn. A model that cannot be asked is no error; abort throws the signal's reason. */
export async function review(options: ReviewOptions): Promise<Reviewed> {
  const { workspace, model, over, commit, request, summary, round } = options;
  const diff = await workspace.mirror.trees.diff(over, commit, MAX_DIFF_BYTES);
  const findings = findingsIn(diff).slice(0, MAX_FINDINGS).map(describe);
  const judged = await judge(model, { request, summary, hints: findings, diff }, workspace.signal);
  const verdict = findings.length > 0 || judged.verdict === 'fail' ? 'fail' : judged.verdict;
  const found: Review = { verdict, findings, reasons: judged.reasons, model: model.name };
  await workspace.report({ type: 'review.finished', review: found, round, usage: judged.usage });
  return { review: found, usage: judged.usage };
}

/** One finding for each file that would publish a secret of this installation. */
function knownSecrets(files: readonly DiffFile[], redact: Redact): readonly Finding[] {
  return files.flatMap((file): readonly Finding[] => {
    const text = added(file)
      .map((line) => line.text)
      .join('\n');
    const sentence = 'This holds the value of a secret of this installation.';
    return redact(text) === text
      ? []
      : [{ rule: 'secret', path: redact(file.path), line: null, sentence, certain: true }];
  });
}

/** The message for the agent when a review did not pass. The agent may keep its change, with a reason. */
export function reviewReport({ findings, reasons }: Review): string {
  return [
    'Your change was reviewed before it is shown to people, and this was found:',
    ...[...findings, ...reasons].map((reason) => `- ${reason}`),
    '',
    'Mend what is right about it. Where the request itself asked for it, leave it and say so in the final answer: people will see these points beside your change. Then write the final answer again, complete, for a reader who has not seen the first one.',
  ].join('\n');
}

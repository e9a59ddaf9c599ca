// Chapter 4: the commit goes to the remote's branch, from outside the sandbox, and becomes the session's head.
import type { ChangeResult, FileChange, Review, Usage, Verification } from '../../core/event.ts';
import type { Forge } from '../forge/forge.ts';
import type { Bench } from '../workspace/workspace.ts';

/** Of a diff that is kept; a longer one says that it goes on. */
export const MAX_DIFF_BYTES = 5 * 1024 * 1024;

export interface PublishOptions {
  readonly bench: Bench;
  readonly forge: Forge;
  readonly commit: string;
  readonly summary: string;
  readonly verification: Verification;
  /** Null where there was nothing to review. */
  readonly review: Review | null;
  readonly usage: Usage;
}

/** Pushes the commit and describes the whole change of the session. Safe to run again after a crash. */
export async function publish(options: PublishOptions): Promise<ChangeResult> {
  const { bench, forge, commit } = options;
  const { facts, mirror } = bench;
  // The log is fenced: a worker that lost its lease stops here, before the remote changes.
  await bench.report({ type: 'phase.progress', phase: 'publish', detail: `Pushing ${facts.branch}` });
  await forge.publish(mirror, facts.branch, commit, bench.signal);
  await bench.report({ type: 'published', commit, branch: facts.branch });
  // Where the default branch was merged in on the way, its changes are not the session's.
  const base = (await mirror.mergeBase(bench.latest, commit)) ?? bench.base;
  const files: readonly FileChange[] = await mirror.changes(base, commit);
  const diff = await bench.artifacts.save({
    kind: 'diff',
    name: `${facts.sessionId}.diff`,
    mimeType: 'text/x-diff',
    altText: '',
    content: Buffer.from(await mirror.diff(base, commit, MAX_DIFF_BYTES)),
  });
  return {
    kind: 'change',
    summary: options.summary,
    repo: bench.repo.name,
    branch: facts.branch,
    defaultBranch: bench.defaultBranch,
    commit,
    files,
    verification: options.verification,
    ...(options.review === null ? {} : { review: options.review }),
    diffArtifactId: diff.id,
    usage: options.usage,
  };
}

// Publishes a commit: pushes it to the session's branch from outside of the sandbox, and describes the change.

import type { ChangedFile, ChangeResult, Usage } from '../../core/result.ts';
import type { Review, Verification } from '../../core/verification.ts';
import type { Forge } from '../forge/forge.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** The largest diff that is kept; a longer one is cut, and says so. */
export const MAX_DIFF_BYTES = 5 * 1024 * 1024;

export interface PublishOptions {
  readonly workspace: Workspace;
  readonly forge: Forge;
  readonly commit: string;
  readonly summary: string;
  readonly verification: Verification;
  /** Null where the turn changed nothing itself. */
  readonly review: Review | null;
  readonly usage: Usage;
}

/** Pushes the commit and describes the whole change of the session. Safe to run again after a crash. */
export async function publish(options: PublishOptions): Promise<ChangeResult> {
  const { workspace, forge, commit } = options;
  const { facts, mirror } = workspace;
  // The log is fenced: a worker that lost its lease stops here, before the remote changes.
  await workspace.report({ type: 'phase.progress', phase: 'publish', detail: `Pushing ${facts.branch}` });
  await forge.publish(mirror, facts.branch, commit, workspace.signal);
  await workspace.report({ type: 'published', commit, branch: facts.branch });
  // Changes that came with a merge of the default branch are not the session's.
  const base = (await mirror.history.mergeBase(workspace.latest, commit)) ?? workspace.base;
  const files: readonly ChangedFile[] = await mirror.trees.changes(base, commit);
  const diff = await workspace.artifacts.save({
    kind: 'diff',
    name: `${facts.sessionId}.diff`,
    mimeType: 'text/x-diff',
    altText: '',
    content: Buffer.from(await mirror.trees.diff(base, commit, MAX_DIFF_BYTES)),
  });
  return {
    kind: 'change',
    summary: options.summary,
    repo: workspace.repo.name,
    branch: facts.branch,
    defaultBranch: workspace.defaultBranch,
    commit,
    files,
    verification: options.verification,
    ...(options.review === null ? {} : { review: options.review }),
    diffArtifactId: diff.id,
    usage: options.usage,
  };
}

// The forge port: the place where a repo's branches are published and merged.
import type { Mirror, Signature } from './mirror.ts';

export interface MergeRequest {
  readonly branch: string;
  /** The head that the person saw; anything else is refused. */
  readonly commit: string;
  /** The author of the merge commit. */
  readonly approver: Signature;
  /** The people whose approval counted; without it the approver alone. */
  readonly approvers?: readonly Signature[];
  /** The people who asked for something in the session. */
  readonly coAuthors?: readonly Signature[];
  readonly title: string;
  readonly at: Date;
}

export interface Forge {
  /**
   * Puts a commit on a branch of the remote, never with force. Throws `push_rejected`; on abort the signal's reason, and
   * the branch may have moved. May be called twice.
   */
  publish(mirror: Mirror, branch: string, commit: string, signal?: AbortSignal): Promise<void>;
  /**
   * Merges exactly `commit` into the default branch. Throws `head_moved` where the branch is elsewhere,
   * `merge_conflict` naming the files, `push_rejected`; on abort the signal's reason. May be called twice: the second
   * call returns the same merge.
   */
  merge(
    mirror: Mirror,
    request: MergeRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly mergeCommit: string }>;
  /** Removes the branch from the remote, if it exists. May be called twice. Throws `clone_failed`, `push_rejected`. */
  discard(mirror: Mirror, branch: string, signal?: AbortSignal): Promise<void>;
}

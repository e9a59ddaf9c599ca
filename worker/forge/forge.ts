// The forge port: where a repo lives and its changes are reviewed and merged.
import type { Mirror, Signature } from './mirror.ts';

export interface MergeRequest {
  readonly branch: string;
  /** The head that the person saw; anything else is refused. */
  readonly commit: string;
  /** Who merges: the author of the merge commit. */
  readonly approver: Signature;
  /** Everybody whose approval counted; the one who merges without it. */
  readonly approvers?: readonly Signature[];
  /** Everybody who asked for something in the session. */
  readonly coAuthors?: readonly Signature[];
  readonly title: string;
  readonly at: Date;
}

export interface Forge {
  /**
   * Puts a commit on a branch of the remote, never with force. Publishing the same commit again is not
   * an error. Throws `push_rejected`.
   */
  publish(mirror: Mirror, branch: string, commit: string, signal?: AbortSignal): Promise<void>;
  /**
   * Merges exactly `commit` into the default branch. Throws `head_moved` where the branch is elsewhere,
   * `merge_conflict` naming the files, `push_rejected`. Merging what is merged returns that merge.
   */
  merge(
    mirror: Mirror,
    request: MergeRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly mergeCommit: string }>;
  /** Takes the branch off the remote. Without such a branch it does nothing. */
  discard(mirror: Mirror, branch: string, signal?: AbortSignal): Promise<void>;
}

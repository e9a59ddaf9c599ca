// The workspace of a turn: the sandbox with the session's branch, and what is known of both.
import type { ArtifactStore } from '../../core/artifact.ts';
import type { Config, RepoConfig } from '../../core/config/config.ts';
import type { EventBody } from '../../core/event.ts';
import type { Log } from '../../core/log.ts';
import type { Person } from '../../core/turn.ts';
import type { CommandResult, RunOptions, Sandbox } from '../../sandbox/port/sandbox.ts';
import type { Egress } from '../egress/egress.ts';
import type { Mirror, Signature } from '../forge/mirror.ts';
import type { RepoFile } from './repo-file.ts';

/** The worker's own folder in a sandbox: outside of the repo, where neither `git add` nor `git clean` finds it. */
export const OWN_FOLDER = '/work/.threadsmith';

/** The key of a session's sandbox with this suffix is the key of the sandbox for its baseline. */
export const BASELINE_SUFFIX = '-before';

/** The facts that are known before anything is prepared. */
export interface WorkspaceFacts {
  readonly turnId: string;
  readonly sessionId: string;
  readonly sandboxKey: string;
  /** The lease's epoch and this worker's opening, for the ids of commands that must run again in the next opening. */
  readonly run: string;
  /** The lease's epoch: a sandbox that a newer one opened answers this worker no more. */
  readonly fence: number;
  readonly branch: string;
  readonly requester: Person;
  readonly startedAt: Date;
}

/** The sandbox after `prepare`, with the session's branch checked out. */
export interface Prepared {
  readonly repoFile: RepoFile;
  readonly sandbox: Sandbox;
  /** The image that the sandbox was made from. */
  readonly snapshot: string;
  readonly defaultBranch: string;
  /** The commit of the default branch that the session's work starts from. */
  readonly base: string;
  /** The newest commit of the default branch. */
  readonly latest: string;
  /** The commit that this turn's work comes on top of: the head of the session's branch, else the base. */
  readonly parent: string;
  /** Another person pushed to the session's branch: `parent` is a commit that no result has shown. */
  readonly moved: boolean;
  /** Unpublished work conflicts with what was pushed; the places are marked in the files. */
  readonly conflicted: boolean;
  /** The part of the session's work that is gone since the last step; null where all is as it was left. */
  readonly lost: Lost | null;
  /** The name of this sandbox, under which its work is saved. */
  readonly sandboxName: string;
}

export interface Workspace extends Prepared {
  readonly facts: WorkspaceFacts;
  readonly config: Config;
  readonly repo: RepoConfig;
  readonly mirror: Mirror;
  /** The egress of this sandbox, for the other sandboxes of the turn too. Closed before the turn is finished. */
  readonly egress: Egress;
  readonly artifacts: ArtifactStore;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The people who asked for something in the session so far, for the trailers of a commit. */
  coAuthors(): Promise<readonly Signature[]>;
  /** Adds to the session's log; throws `lease_lost` where another worker has the turn. */
  report(...events: EventBody[]): Promise<void>;
}

/** A sandbox with a turn's names for its commands. */
export type TurnSandbox = Pick<Workspace, 'sandbox' | 'facts' | 'signal'>;

/** Runs a shell line in the sandbox under an id that is unique within the turn. */
export async function shell(
  { sandbox, facts, signal }: TurnSandbox,
  name: string,
  line: string,
  options: RunOptions & { readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const { timeoutMs = 120_000, env = {}, ...rest } = options;
  const command = { id: `${facts.turnId}-${name}`, argv: ['bash', '-c', line], timeoutMs, env };
  return sandbox.run(command, { signal, ...rest });
}

/** The name and email of a person for git. */
export function signatureOf(person: Person): Signature {
  return { name: person.name, email: person.email ?? `${person.id}@slack.invalid` };
}

/**
 * `processes`: the sandbox was started again. `sandbox`: it is another one, with the files as they were saved.
 * `work`: it is another one, with only what was published.
 */
export type Lost = 'processes' | 'sandbox' | 'work';

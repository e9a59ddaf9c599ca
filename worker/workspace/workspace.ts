// The workspace of a turn: what every chapter of the blueprint works with.
import type { ArtifactStore } from '../../core/artifact.ts';
import type { Config, RepoConfig } from '../../core/config/config.ts';
import type { EventBody } from '../../core/event.ts';
import type { Log } from '../../core/log.ts';
import type { Person } from '../../core/turn.ts';
import type { CommandResult, RunOptions, Sandbox } from '../../sandbox/port/sandbox.ts';
import type { Egress } from '../egress/egress.ts';
import type { Mirror, Signature } from '../forge/mirror.ts';
import type { RepoFile } from './repo-file.ts';

/** What is known of the turn before anything is prepared. */
export interface WorkspaceFacts {
  readonly turnId: string;
  readonly sessionId: string;
  readonly sandboxKey: string;
  /** Names this try of this worker; part of the ids of commands that must run again in the next one. */
  readonly run: string;
  /** The lease's epoch: a sandbox that a newer one opened answers this worker no more. */
  readonly fence: number;
  readonly branch: string;
  readonly requester: Person;
  readonly startedAt: Date;
}

export interface Workspace {
  readonly facts: WorkspaceFacts;
  readonly config: Config;
  readonly repo: RepoConfig;
  readonly repoFile: RepoFile;
  readonly mirror: Mirror;
  readonly sandbox: Sandbox;
  /** The way out that this sandbox has, for others of the turn. It is closed while the turn still is this worker's. */
  readonly egress: Egress;
  /** The image that the sandbox was made from. */
  readonly snapshot: string;
  readonly defaultBranch: string;
  /** Commit of the default branch that the session's work starts from. */
  readonly base: string;
  /** Commit of the default branch right now. */
  readonly latest: string;
  /** Commit that this turn's work comes on top of: the head of the session's branch, else the base. */
  readonly parent: string;
  /** Somebody else pushed to the session's branch: `parent` is a commit that no result has shown. */
  readonly moved: boolean;
  /** What the working tree held conflicts with what was pushed; the places are marked in the files. */
  readonly conflicted: boolean;
  /** What the session's work has lost since the last step; null where all is as it was left. */
  readonly lost: Lost | null;
  /** The name of this sandbox, under which its work is saved. */
  readonly sandboxName: string;
  readonly artifacts: ArtifactStore;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Everybody who asked for something in the session so far, for the commits to name. */
  coAuthors(): Promise<readonly Signature[]>;
  /** Adds to the session's log; throws `lease_lost` where another worker has the turn. */
  report(...events: EventBody[]): Promise<void>;
}

/** Runs a shell line in the sandbox under an id that is unique within the turn. */
export async function shell(
  workspace: Pick<Workspace, 'sandbox' | 'facts' | 'signal'>,
  name: string,
  line: string,
  options: RunOptions & { readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const { timeoutMs = 120_000, env = {}, ...rest } = options;
  const command = { id: `${workspace.facts.turnId}-${name}`, argv: ['bash', '-c', line], timeoutMs, env };
  return workspace.sandbox.run(command, { signal: workspace.signal, ...rest });
}

/** The person as git knows people. */
export function signatureOf(person: Person): Signature {
  return { name: person.name, email: person.email ?? `${person.id}@slack.invalid` };
}

/**
 * `processes`: the sandbox was started again. `sandbox`: it is another one, with the files as they were saved.
 * `work`: it is another one, with only what was published.
 */
export type Lost = 'processes' | 'sandbox' | 'work';

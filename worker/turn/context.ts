// The services of a worker, and the context of one turn.
import type { Config } from '../../core/config/config.ts';
import type { Log } from '../../core/log.ts';
import type { Session, Turn } from '../../db/entities/session.ts';
import type { ContentStore } from '../../db/log/artifacts.ts';
import type { Database } from '../../db/schema/database.ts';
import type { Lease } from '../../db/schema/lease.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import type { Networks } from '../egress/networks.ts';
import type { Forge } from '../forge/forge.ts';
import type { Mirror } from '../forge/mirror.ts';
import type { McpServers } from '../mcp/servers.ts';
import type { Model } from '../model/model.ts';
import type { Attempt } from './attempt.ts';

/** The services that all turns of a worker share. */
export interface WorkerServices {
  readonly config: Config;
  readonly database: Database;
  readonly content: ContentStore;
  readonly provider: SandboxProvider;
  readonly forge: Forge;
  readonly model: Model;
  /** The models that a request may name, by their names. */
  readonly choices?: ReadonlyMap<string, Model>;
  /** The model that reviews changes and routes requests; `model` without it. */
  readonly judge?: Model;
  readonly mcp?: McpServers;
  /** The egress policies of the repos; without them sandboxes reach nothing. */
  readonly networks?: Networks;
  /** Starts a background snapshot build for this commit. */
  readonly refreshSoon?: (repo: string, commit: string) => void;
  /** The folder of the mirrors. */
  readonly mirrors: string;
  readonly log: Log;
}

export interface TurnContext extends WorkerServices {
  readonly lease: Lease;
  readonly turn: Turn;
  readonly session: Session;
  readonly attempt: Attempt;
  readonly mirror: Mirror;
  /** Counts from 1 how often this worker has begun the turn: once more after each lost sandbox. */
  readonly opening: number;
  /** Aborted when the lease is lost or a person asked to stop; the reason is a ThreadsmithError. */
  readonly signal: AbortSignal;
}

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

/** What a worker has for all its turns. */
export interface Tools {
  readonly config: Config;
  readonly database: Database;
  readonly content: ContentStore;
  readonly provider: SandboxProvider;
  readonly forge: Forge;
  readonly model: Model;
  /** Models that a request may ask for, by name. */
  readonly choices?: ReadonlyMap<string, Model>;
  /** Judges changes; the model itself where no other is named. */
  readonly judge?: Model;
  /** MCP servers; none without. */
  readonly mcp?: McpServers;
  /** What the repos' sandboxes may reach; nothing without. */
  readonly networks?: Networks;
  /** Has a snapshot of this commit built beside the turns. */
  readonly refreshSoon?: (repo: string, commit: string) => void;
  /** Folder of the repos' mirrors. */
  readonly mirrors: string;
  readonly log: Log;
}

export interface TurnContext extends Tools {
  readonly lease: Lease;
  readonly turn: Turn;
  readonly session: Session;
  readonly attempt: Attempt;
  readonly mirror: Mirror;
  /** How often this worker has begun the turn, from 1: it does so again when the sandbox was lost. */
  readonly opening: number;
  /** Aborted when the lease is lost or a person asked to stop; the reason is a ThreadsmithError. */
  readonly signal: AbortSignal;
}

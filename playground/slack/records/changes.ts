// Tells open web pages what changed, as server-sent events, each page only what its person may see.
import type { ServerResponse } from 'node:http';
import type { Channel, Dict, WorkspaceState } from './records.ts';

export type ChangeType =
  | 'message'
  | 'message_changed'
  | 'message_deleted'
  | 'reaction'
  | 'ephemeral'
  | 'view'
  | 'view_closed'
  | 'home'
  | 'status'
  | 'channel'
  | 'connection'
  | 'reset';

export interface Change extends Dict {
  type: ChangeType;
  channel?: string | undefined;
  /** Set when only this person sees it. */
  user?: string | undefined;
}

const HEARTBEAT_MS = 15_000;
const PRIVATE_TYPES: ReadonlySet<ChangeType> = new Set(['ephemeral', 'view', 'view_closed', 'home']);

export class ChangeHub {
  readonly #pages = new Map<ServerResponse, string | undefined>();
  readonly #state: () => WorkspaceState;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(state: () => WorkspaceState) {
    this.#state = state;
    this.#heartbeat = setInterval(() => {
      for (const page of this.#pages.keys()) page.write(': still here\n\n');
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Keeps the response open and writes changes to it; without a person everything is written. */
  subscribe(response: ServerResponse, person: string | undefined): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
    });
    response.write(': hello\n\n');
    this.#pages.set(response, person);
    response.on('close', () => this.#pages.delete(response));
  }

  publish(change: Change): void {
    const line = `data: ${JSON.stringify(change)}\n\n`;
    for (const [page, person] of this.#pages) {
      if (this.#mayShow(change, person)) page.write(line);
    }
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const page of this.#pages.keys()) page.end();
    this.#pages.clear();
  }

  #mayShow(change: Change, person: string | undefined): boolean {
    if (person === undefined) return true;
    if (PRIVATE_TYPES.has(change.type) && change.user !== person) return false;
    if (change.channel === undefined) return true;
    const channel = this.#state().channels.find((candidate) => candidate.id === change.channel);
    return channel === undefined || maySee(channel, person);
  }
}

/** Public channels are everybody's; private ones and direct messages their members'. */
export function maySee(channel: Channel, person: string): boolean {
  return channel.is_private !== true || channel.members.includes(person);
}

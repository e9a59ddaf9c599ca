// The one object that methods, control routes and deliveries share: the state and the services around it.

import type { HttpTransport } from '../delivery/http.ts';
import type { Outbound } from '../delivery/outbound.ts';
import type { SocketServer } from '../delivery/socket.ts';
import type { ChangeHub } from '../records/changes.ts';
import type { TimestampSource } from '../records/ids.ts';
import type { Journal } from '../records/journal.ts';
import type { Channel, Dict, Message, User, WorkspaceState } from '../records/records.ts';
import type { Store } from '../records/store.ts';
import type { ResponseUrls, Triggers } from '../records/tickets.ts';
import type { Timers } from '../records/timers.ts';
import type { Faults } from '../wire/faults.ts';
import type { RateLimits } from '../wire/rate-limits.ts';

export interface Services {
  store: Store;
  hub: ChangeHub;
  timers: Timers;
  timestamps: TimestampSource;
  faults: Faults;
  limits: RateLimits;
  journal: Journal;
  triggers: Triggers;
  responseUrls: ResponseUrls;
  sockets: SocketServer;
  http: HttpTransport;
  outbound: Outbound;
}

export class Workspace {
  readonly services: Services;
  /** Where the server listens, for the URLs inside answers. */
  baseUrl = '';
  /** Messages being streamed, by channel and ts: a running deadline and the text so far. */
  readonly streams = new Map<
    string,
    { stoppedByUser: boolean; cancelDeadline: () => void; display: string }
  >();
  /** Codes that oauth.v2.access will exchange, once each. */
  readonly oauthCodes = new Set<string>();
  /** Samples to look at on the gallery page. */
  gallery: Dict[] = [];
  /** "is thinking…" lines under threads, by channel and thread. */
  readonly statuses = new Map<string, { status: string; cancel: () => void }>();

  constructor(services: Services) {
    this.services = services;
  }

  get state(): WorkspaceState {
    return this.services.store.state;
  }

  changed(): void {
    this.services.store.changed();
  }

  channel(id: string | undefined): Channel | undefined {
    return this.state.channels.find((channel) => channel.id === id);
  }

  user(id: string | undefined): User | undefined {
    return this.state.users.find((user) => user.id === id);
  }

  messagesOf(channelId: string): Message[] {
    const messages = this.state.messages[channelId];
    if (messages !== undefined) return messages;
    const fresh: Message[] = [];
    this.state.messages[channelId] = fresh;
    return fresh;
  }

  message(channelId: string, ts: string | undefined): Message | undefined {
    return this.messagesOf(channelId).find((message) => message.ts === ts);
  }

  /** Replies of a thread, oldest first, without what only one person sees. */
  repliesOf(channelId: string, rootTs: string): Message[] {
    return this.messagesOf(channelId).filter(
      (message) =>
        message.thread_ts === rootTs && message.ts !== rootTs && message.ephemeral_to === undefined,
    );
  }

  /** Whether the app sits in the channel. */
  appIsIn(channel: Channel): boolean {
    return channel.members.includes(this.state.app.bot_user_id);
  }
}

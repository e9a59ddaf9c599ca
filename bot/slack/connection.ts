// The connection to Slack, Socket Mode or HTTP, with one interface for both.
import type { Receiver } from '@slack/bolt';

/** Where the bot can be reached; printed when it is ready. */
export type Reachable = { readonly mode: 'socket' } | { readonly mode: 'http'; readonly url: string };

export interface Connection {
  readonly receiver: Receiver;
  /** Connects or listens, and stays so until it is closed. Throws where that is not possible at the start. */
  connect(): Promise<Reachable>;
  /** Takes nothing more in. */
  close(): Promise<void>;
}

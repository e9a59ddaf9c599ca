// What the two ways to an app have in common: Socket Mode and signed HTTP.
import type { Dict } from '../records/records.ts';

export type EnvelopeKind = 'events_api' | 'interactive' | 'options' | 'slash_commands';

export interface Envelope {
  kind: EnvelopeKind;
  payload: Dict;
  retryNum: number;
  retryReason: string;
}

/** Slack's own words for why a delivery failed. */
export type FailureReason =
  | 'http_timeout'
  | 'http_error'
  | 'connection_failed'
  | 'timeout'
  | 'too_many_redirects';

export type Receipt =
  | { outcome: 'acked'; ackMs: number; payload: unknown }
  | { outcome: 'failed'; reason: FailureReason; giveUp: boolean }
  /** Nobody is connected: nothing has been sent. */
  | { outcome: 'absent' };

export interface Transport {
  readonly name: 'socket' | 'http';
  /** Sends once and waits for the ack; never throws. */
  deliver(envelope: Envelope): Promise<Receipt>;
}

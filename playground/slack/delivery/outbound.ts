// Everything Slack sends to the app. Events are retried as Slack does it (nearly at once, after one minute,
// after five) and wait for a connection when there is none; interactions are sent once, for the person is
// waiting.

import { makeId } from '../records/ids.ts';
import type { EventEntry, Journal } from '../records/journal.ts';
import type { Dict, WorkspaceState } from '../records/records.ts';
import type { Timers } from '../records/timers.ts';
import { isDict, textOf } from '../wire/args.ts';
import type { Faults } from '../wire/faults.ts';
import type { EnvelopeKind, Receipt, Transport } from './transport.ts';

const RETRY_DELAYS_MS = [500, 60_000, 300_000];
/** How long an event waits for a connection: the three retries together. */
const WAIT_FOR_APP_MS = 360_500;
const SETTLE_AFTER_CONNECT_MS = 50;
const HELD_EVENT_MS = 2_000;

interface Job {
  payload: Dict;
  eventId: string;
  type: string;
  channel: string | undefined;
  retryNum: number;
  retryReason: string;
}

export interface OutboundOptions {
  state: () => WorkspaceState;
  transport: () => Transport;
  faults: Faults;
  journal: Journal;
  timers: Timers;
}

export class Outbound {
  readonly #options: OutboundOptions;
  /** Jobs that found nobody connected, each with the way to cancel its dropping. */
  readonly #parked = new Map<Job, () => void>();
  #held: { job: Job; release: () => void } | undefined;
  #underway = 0;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** Sends an event if the app subscribes to it; answers its event_id, or undefined when nobody asked for it. */
  sendEvent(event: Dict): string | undefined {
    if (!this.#subscribed(event)) return undefined;
    const eventId = makeId('Ev');
    this.#dispatch(this.#job(event, eventId));
    return eventId;
  }

  /** Sends an event whatever the app subscribes to. */
  sendRawEvent(event: Dict, eventId = makeId('Ev')): string {
    this.#dispatch(this.#job(event, eventId));
    return eventId;
  }

  /** Sends an interaction or a slash command once and answers what became of it. */
  async request(kind: EnvelopeKind, payload: Dict): Promise<Receipt> {
    const transport = this.#options.transport();
    const type = textOf(payload, 'type') ?? kind;
    const receipt = await transport.deliver({ kind, payload, retryNum: 0, retryReason: '' });
    const eventId = textOf(payload, 'trigger_id') ?? '';
    this.#record({ type, eventId, retryNum: 0 }, transport.name, receipt);
    return receipt;
  }

  /** Somebody can be reached again: what waited goes out. */
  connected(): void {
    const waiting = [...this.#parked.keys()];
    for (const [job, cancel] of this.#parked) {
      cancel();
      this.#parked.delete(job);
    }
    this.#options.timers.after(SETTLE_AFTER_CONNECT_MS, () => {
      for (const job of waiting) void this.#attempt(job);
    });
  }

  /** How many events wait for a connection. */
  get waiting(): number {
    return this.#parked.size;
  }

  /** How many events have neither been taken in nor been given up yet: held back, on their way or to be sent again. */
  get underway(): number {
    return this.#underway;
  }

  clear(): void {
    for (const cancel of this.#parked.values()) cancel();
    this.#underway -= this.#parked.size;
    this.#parked.clear();
  }

  #job(event: Dict, eventId: string): Job {
    return {
      payload: this.#envelope(event, eventId),
      eventId,
      type: textOf(event, 'type') ?? 'unknown',
      channel: channelOf(event),
      retryNum: 0,
      retryReason: '',
    };
  }

  #envelope(event: Dict, eventId: string): Dict {
    const { app, team } = this.#options.state();
    return {
      token: app.verification_token,
      team_id: team.id,
      context_team_id: team.id,
      context_enterprise_id: null,
      api_app_id: app.app_id,
      event,
      type: 'event_callback',
      event_id: eventId,
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: team.id,
          user_id: app.bot_user_id,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
      event_context: `4-${Buffer.from(JSON.stringify({ et: event['type'], tid: team.id, aid: app.app_id, cid: channelOf(event) })).toString('base64url')}`,
    };
  }

  #subscribed(event: Dict): boolean {
    const { events } = this.#options.state().app;
    const type = textOf(event, 'type') ?? '';
    if (type !== 'message') return events.includes(type);
    const kinds: Record<string, string> = {
      channel: 'message.channels',
      group: 'message.groups',
      im: 'message.im',
    };
    return events.includes(kinds[textOf(event, 'channel_type') ?? ''] ?? '');
  }

  #dispatch(job: Job): void {
    const { faults, timers } = this.#options;
    this.#underway += 1;
    if (
      faults.takeForEvent('reorder_events', job.type, job.channel) !== undefined &&
      this.#held === undefined
    ) {
      const cancel = timers.after(HELD_EVENT_MS, () => this.#releaseHeld());
      this.#held = { job, release: cancel };
      return;
    }
    const delay = faults.takeForEvent('delay_event', job.type, job.channel);
    const twice = faults.takeForEvent('duplicate_event', job.type, job.channel) !== undefined;
    if (twice) this.#underway += 1;
    timers.after(delay?.ms ?? 0, () => {
      void this.#attempt(job);
      if (twice) void this.#attempt({ ...job });
      this.#releaseHeld();
    });
  }

  #releaseHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    held.release();
    this.#options.timers.after(20, () => void this.#attempt(held.job));
  }

  async #attempt(job: Job): Promise<void> {
    const { timers, faults } = this.#options;
    const transport = this.#options.transport();
    const { payload, retryNum, retryReason } = job;
    let receipt = await transport.deliver({ kind: 'events_api', payload, retryNum, retryReason });
    if (receipt.outcome === 'absent') {
      this.#park(job);
      return;
    }
    if (
      receipt.outcome === 'acked' &&
      faults.takeForEvent('ack_ignored', job.type, job.channel) !== undefined
    ) {
      receipt = {
        outcome: 'failed',
        reason: transport.name === 'http' ? 'http_timeout' : 'timeout',
        giveUp: false,
      };
    }
    this.#record(job, transport.name, receipt);
    const isOver = receipt.outcome === 'acked' || (receipt.outcome === 'failed' && receipt.giveUp);
    const delayMs = isOver ? undefined : RETRY_DELAYS_MS[retryNum];
    if (delayMs === undefined) {
      this.#underway -= 1;
      return;
    }
    const reason = receipt.outcome === 'failed' ? receipt.reason : 'connection_failed';
    const next = { ...job, retryNum: retryNum + 1, retryReason: reason };
    timers.after(timers.scaled(delayMs), () => void this.#attempt(next));
  }

  #park(job: Job): void {
    const { timers } = this.#options;
    const cancel = timers.after(timers.scaled(WAIT_FOR_APP_MS), () => {
      this.#parked.delete(job);
      this.#underway -= 1;
      this.#record(job, 'none', { outcome: 'failed', reason: 'connection_failed', giveUp: true });
    });
    this.#parked.set(job, cancel);
  }

  #record(
    job: Pick<Job, 'type' | 'eventId' | 'retryNum'>,
    transport: EventEntry['transport'],
    receipt: Receipt,
  ): void {
    this.#options.journal.event({
      type: job.type,
      event_id: job.eventId,
      transport,
      retry_num: job.retryNum,
      acked: receipt.outcome === 'acked',
      ack_ms: receipt.outcome === 'acked' ? Math.round(receipt.ackMs) : null,
      reason: receipt.outcome === 'failed' ? receipt.reason : undefined,
    });
  }
}

function channelOf(event: Dict): string | undefined {
  const item = event['item'];
  return textOf(event, 'channel') ?? (isDict(item) ? textOf(item, 'channel') : undefined);
}

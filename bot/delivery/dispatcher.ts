// Brings due deliveries to Slack, several at once but each by one process only, and records what became of them.
import { hasCode } from '../../core/errors.ts';
import { STATUS_UPDATE_MS } from '../../core/limits.ts';
import type { Log } from '../../core/log.ts';
import { startLoop } from '../../core/loop.ts';
import type { Database } from '../../db/schema/database.ts';
import {
  abandonDelivery,
  type ClaimedDelivery,
  claimDelivery,
  type Lane,
  markAdopted,
  markDelivered,
  nextDelivery,
  postAnew,
  putOffDelivery,
} from '../../db/slack/deliveries.ts';
import { notePosted, pauseChannel } from '../../db/slack/pace.ts';
import { CALL_TIMEOUT_MS, type CallFailure } from '../slack/calls.ts';
import type { Workspaces } from '../slack/workspaces.ts';
import type { Outcome } from './outcome.ts';
import { send } from './send.ts';

/** Longer than all the calls of one delivery can take, so that no other process sends it meanwhile. */
const LEASE_MS = 2 * CALL_TIMEOUT_MS;
const POLL_MS = 500;
/** Messages at once, and so many of them in one channel: a channel that hangs leaves room for the others. */
const AT_ONCE = 6;
const AT_ONCE_IN_CHANNEL = 3;
/** What people wait for has places of its own. */
const PROMPT_AT_ONCE = 4;
const MAX_ATTEMPTS = 20;
/** An ephemeral line that comes late is worse than none. */
const MAX_EPHEMERAL_ATTEMPTS = 4;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 60_000;
const REST_MS = 60_000;

const SPACING = [
  { untilAgeMs: 20_000, spacingMs: STATUS_UPDATE_MS },
  { untilAgeMs: 120_000, spacingMs: 10_000 },
];
const LAST_SPACING_MS = 45_000;

/** The app itself was refused: a person must act, and everything may go on then. */
const APP_ERRORS: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
]);

export interface Dispatcher {
  /** Something may be due. */
  wake: () => void;
  /** Takes nothing more up and waits for what is on its way. */
  close: () => Promise<void>;
}

/** Starts to bring this database's deliveries to Slack. */
export function startDispatcher(database: Database, workspaces: Workspaces, log: Log): Dispatcher {
  const lanes: Record<Lane, Map<Promise<void>, string>> = { prompt: new Map(), thread: new Map() };

  const round = async (): Promise<void> => {
    await fill('prompt', PROMPT_AT_ONCE);
    await fill('thread', AT_ONCE);
    await wakeInTime();
  };

  // People who have stopped a turn look at a message that may not be updated yet: not a moment longer than that.
  let alarm: NodeJS.Timeout | undefined;
  const wakeInTime = async (): Promise<void> => {
    const dueMs = await nextDelivery(database.em(), POLL_MS);
    clearTimeout(alarm);
    if (dueMs !== null) alarm = setTimeout(() => loop.wake(), Math.ceil(dueMs) + 1);
  };

  const fill = async (lane: Lane, most: number): Promise<void> => {
    const underway = lanes[lane];
    while (underway.size < most) {
      const delivery = await claimDelivery(database, LEASE_MS, busyChannels(underway), lane);
      if (delivery === null) return;
      const work: Promise<void> = deliver(delivery).finally(() => {
        underway.delete(work);
        loop.wake();
      });
      underway.set(work, delivery.channelId);
    }
  };

  const deliver = async (delivery: ClaimedDelivery): Promise<void> => {
    try {
      await record(delivery, await sendThrough(workspaces, delivery));
    } catch (error) {
      // The lease runs out, and then it is taken up again.
      log.warn('the outcome of a delivery was not recorded', { delivery: delivery.dedupeKey, error });
    }
  };

  const record = async (delivery: ClaimedDelivery, outcome: Outcome): Promise<void> => {
    const em = database.em();
    switch (outcome.kind) {
      case 'sent':
        if (delivery.kind === 'message' && delivery.slackTs === null) await notePosted(em, delivery);
        return markDelivered(em, delivery, outcome.slackTs, spacingMs(delivery.ageMs));
      case 'adopted':
        log.info('a message from an earlier attempt was found', { delivery: delivery.dedupeKey });
        return markAdopted(em, delivery, outcome.slackTs);
      case 'gone':
        log.info('a message is gone; posting it anew', { delivery: delivery.dedupeKey });
        return postAnew(em, delivery);
      case 'failed':
        return recordFailure(delivery, outcome.method, outcome.failure);
    }
  };

  const recordFailure = async (
    delivery: ClaimedDelivery,
    method: 'post' | 'update' | 'other',
    failure: CallFailure,
  ): Promise<void> => {
    const em = database.em();
    const fields = { delivery: delivery.dedupeKey, failure, attempts: delivery.attempts };
    if (failure.kind === 'rate_limited') {
      if (method !== 'other') await pauseChannel(em, delivery, method, failure.retryAfterMs);
      return putOffDelivery(em, delivery, failure.retryAfterMs, 'no');
    }
    const max = delivery.kind === 'message' ? MAX_ATTEMPTS : MAX_EPHEMERAL_ATTEMPTS;
    const final = failure.kind === 'refused' && !APP_ERRORS.has(failure.error);
    if (final || delivery.attempts >= max) {
      log.warn('a delivery was given up', fields);
      const reason = failure.kind === 'refused' ? failure.error : failure.reason;
      return abandonDelivery(em, delivery, reason, REST_MS);
    }
    log.warn('a delivery failed and is tried again', fields);
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(delivery.attempts - 1, 10));
    return putOffDelivery(em, delivery, delayMs, failure.kind === 'refused' ? 'no' : 'unknown');
  };

  const loop = startLoop('dispatcher', POLL_MS, round, log);
  return {
    wake: loop.wake,
    close: async () => {
      await loop.close();
      clearTimeout(alarm);
      await Promise.all([...lanes.prompt.keys(), ...lanes.thread.keys()]);
    },
  };
}

/** Sends it by the link of its workspace. Where the app is installed no more it waits for that, as any refused token does. */
async function sendThrough(workspaces: Workspaces, delivery: ClaimedDelivery): Promise<Outcome> {
  try {
    const { client } = await workspaces.of(delivery.teamId);
    return await send(client, delivery);
  } catch (error) {
    if (!hasCode(error, 'slack_refused')) throw error;
    return { kind: 'failed', method: 'other', failure: { kind: 'refused', error: 'account_inactive' } };
  }
}

/** Channels that have enough on its way. */
function busyChannels(underway: ReadonlyMap<Promise<void>, string>): readonly string[] {
  const channels = [...underway.values()];
  return channels.filter(
    (channel) => channels.filter((other) => other === channel).length >= AT_ONCE_IN_CHANNEL,
  );
}

/**
 * The time until the next update of a message: at first as often as is allowed, later less often, so that ten
 * minutes of work stay below 40 calls. Changes that matter don't wait for it (`urgent`).
 */
function spacingMs(ageMs: number): number {
  const step = SPACING.find(({ untilAgeMs }) => ageMs < untilAgeMs);
  return step?.spacingMs ?? LAST_SPACING_MS;
}

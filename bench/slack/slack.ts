// How soon somebody who asks for something sees that it was heard, from their message's own time to Slack taking the
// call: the event's way, the row, the relay and the delivery. No worker is there, so nothing else is at work.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../report/figure.ts';
import type { BenchSurroundings } from '../report/surroundings.ts';
import { p95InMs } from '../sandbox/samples.ts';
import { type BenchWorkspace, type Call, eventually, openWorkspace } from './workspace.ts';

export interface SlackSamples {
  /** Mentions one after the other. */
  readonly mentions: number;
  /** Mentions at once. */
  readonly burst: number;
}

/** Together no more than the 50 reactions a minute that Slack takes: https://docs.slack.dev/reference/methods/reactions.add */
export const FULL: SlackSamples = { mentions: 25, burst: 10 };
export const SHORT: SlackSamples = { mentions: 3, burst: 3 };

/** What a team is promised: 👀 within this many ms of the event. */
const SEEN_MS = 300;
/** Slack takes a post a second in a channel: https://docs.slack.dev/apis/web-api/rate-limits */
const POST_MS = 1_000;
/** Longer than a post a second, so that none waits for the one before it. */
const PAUSE_MS = 1_300;
const CONFIG = {
  repos: [{ name: 'shop', url: './shop', channels: ['shop'] }],
  people: { start: ['everyone'], approve: [], merge: [] },
};
const MENTION = { user: 'mira', channel: 'shop', text: '@threadsmith where is the total computed?' };

/** The figures of what people see first. */
export async function* benchSlack(
  surroundings: BenchSurroundings,
  { mentions, burst }: SlackSamples,
): AsyncIterable<Figure> {
  const workspace = await openWorkspace(surroundings, { config: CONFIG });
  try {
    // Slack's directory is asked once; the next ones have it.
    await heard(workspace, [await workspace.post(MENTION)]);
    const asked: string[] = [];
    for (let count = 0; count < mentions; count += 1) {
      await sleep(PAUSE_MS);
      asked.push(await workspace.post(MENTION));
    }
    const one = await heard(workspace, asked);
    const seen = (of: readonly Heard[]) => of.map(({ seenMs }) => seenMs);
    yield p95InMs('slack.seen_p95_ms', seen(one), SEEN_MS);
    const shown = one.map(({ statusMs }) => statusMs);
    yield p95InMs('slack.first_status_p95_ms', shown, POST_MS);
    const together = await Promise.all(Array.from({ length: burst }, () => workspace.post(MENTION)));
    const many = await heard(workspace, together);
    yield p95InMs('slack.seen_burst_p95_ms', seen(many), SEEN_MS);
  } finally {
    await workspace.close();
  }
}

interface Heard {
  readonly seenMs: number;
  readonly statusMs: number;
}

/** Waits until each message has 👀 and its thread a status. Throws where one has not after minutes. */
function heard(workspace: BenchWorkspace, asked: readonly string[]): Promise<readonly Heard[]> {
  return eventually(`an answer to each of ${asked.length} messages`, async () => {
    const calls = (await workspace.calls()).filter(({ ok }) => ok);
    const found = asked.flatMap((ts) => heardOf(calls, ts) ?? []);
    return found.length === asked.length ? found : undefined;
  });
}

function heardOf(calls: readonly Call[], ts: string): Heard | null {
  const seen = calls.find(({ method, args }) => method === 'reactions.add' && args.timestamp === ts);
  const status = calls.find(({ method, args }) => method === 'chat.postMessage' && args.thread_ts === ts);
  if (seen === undefined || status === undefined) return null;
  const askedMs = Number(ts) * 1000;
  return { seenMs: seen.at.getTime() - askedMs, statusMs: status.at.getTime() - askedMs };
}

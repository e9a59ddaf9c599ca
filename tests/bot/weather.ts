// Bad weather between Slack and the bot: what any conversation has to stand. Vitest's project `weather` asks for
// it, and has each conversation go over the other transport than the one that it is written for.
import { z } from 'zod';
import type { Json, TestSlack } from '../playground/slack-setup.ts';

type Mode = 'socket' | 'http';

/** Whether this run is in bad weather; read from the environment that vitest.config.ts sets. */
export const isBadWeather = process.env['SLACK_WEATHER'] === 'bad';

/** The transport of a conversation: the one asked for, or the other one in bad weather. */
export function transportOf(asked: Mode): Mode {
  if (!isBadWeather) return asked;
  return asked === 'http' ? 'socket' : 'http';
}

/** How many events or calls pass before the next fault of a kind; it grows, so that no test is only faults. */
const REORDERED = [2, 7, 13, 22, 34, 49];
const LIMITED = [4, 11, 19, 31, 46, 70, 101];

/** Every event twice, some out of order, and some calls refused with 429. */
export function badWeather(): readonly Json[] {
  return [
    { kind: 'duplicate_event', times: 500 },
    ...REORDERED.map((skip) => ({ kind: 'reorder_events', skip })),
    ...LIMITED.map((skip) => ({ kind: 'rate_limited', skip, retry_after: 1 })),
  ];
}

const faults = z.object({ faults: z.array(z.object({ kind: z.string(), hits: z.number() })) });

/** Whether at least one event came twice, so that a run that ordered no weather does not pass for one. */
export async function hasStruck(slack: TestSlack): Promise<boolean> {
  const ordered = faults.parse(await slack.control('faults')).faults;
  return ordered.some(({ kind, hits }) => kind === 'duplicate_event' && hits > 0);
}

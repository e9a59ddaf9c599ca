// Bad weather between Slack and the bot: what any conversation has to stand. Vitest's project `weather` asks for
// it, and has each conversation go over the other transport than the one that it is written for (but for several
// workspaces, which only HTTP can serve). delivery.test.ts and crash.test.ts order what strikes them one by one.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Refusal } from '../playground/refusal.ts';
import type { Json } from '../playground/slack-setup.ts';

type Mode = 'socket' | 'http';

/** Whether this run is in bad weather; read from the environment that vitest.config.ts sets. */
export const isBadWeather = process.env['SLACK_WEATHER'] === 'bad';

/** The transport of a conversation: the one asked for, or the other one in bad weather. */
export function transportOf(asked: Mode): Mode {
  if (!isBadWeather) return asked;
  return asked === 'http' ? 'socket' : 'http';
}

/** How many events or calls pass before the next fault of a kind; it grows, so that no test is only faults. */
const REORDERED = [1, 7, 13, 22, 34, 49];
const LIMITED = [0, 5, 11, 19, 31, 46, 70, 101];
const CUT = [1, 8, 19, 33, 52];
/** Clicks, forms and shortcuts alone. */
const CLICKS_CUT = [0, 3, 9];

/** What a connection does to a transport when it breaks after the app got an event or a click. */
const BROKEN = { socket: 'socket_disconnect', http: 'answer_lost' } as const;

/** Slack's pauses between its tries are a twentieth as long: its second one would take a minute. */
export const WEATHER_TIME_SCALE = 0.05;

/** Every event twice, some out of order, some calls refused with 429, and connections of this transport that break. */
export function badWeather(mode: Mode): readonly Json[] {
  return [
    { kind: 'duplicate_event', times: 500 },
    ...REORDERED.map((skip) => ({ kind: 'reorder_events', skip })),
    ...LIMITED.map((skip) => ({ kind: 'rate_limited', skip, retry_after: 1 })),
    ...brokenConnections(BROKEN[mode]),
  ];
}

function brokenConnections(kind: string): readonly Json[] {
  return [
    ...CUT.map((skip) => ({ kind, skip })),
    ...CLICKS_CUT.map((skip) => ({ kind, method: 'interactive', skip })),
  ];
}

const EVENT_KINDS = ['duplicate_event', 'reorder_events'] as const;

const struckSchema = z.object({ struck: z.record(z.string(), z.number()) });

/** What of the weather did not strike, as `/control/faults/struck` has it: a run that had none of a kind does not pass for one. */
export function stayedAway(answer: unknown, mode: Mode, silent = false): readonly string[] {
  const { struck } = struckSchema.parse(answer);
  return [...(silent ? [] : EVENT_KINDS), 'rate_limited', BROKEN[mode]].filter(
    (kind) => (struck[kind] ?? 0) === 0,
  );
}

const TRIES = 30;
const PAUSE_MS = 400;
const seenSchema = z.looseObject({ acked: z.boolean().optional() });

/**
 * Clicks, submits, or uses a shortcut or a command as a person does: Slack sends it once, and where it says that
 * the app did not answer, they look whether it has worked all the same, what they have open being another form or none, or
 * the button being gone, and do it again if not.
 */
export async function asPerson<Seen>(
  act: () => Promise<Seen>,
  opened: () => Promise<unknown> = async () => null,
): Promise<Seen> {
  const before = await opened();
  let seen = await act();
  for (let tries = 1; seenSchema.parse(seen).acked === false && tries < TRIES; tries++) {
    await sleep(PAUSE_MS);
    if ((await opened()) !== before) return seen;
    const again = await act().catch((error: unknown) => {
      if (error instanceof Refusal) return null;
      throw error;
    });
    if (again === null) return seen;
    seen = again;
  }
  return seen;
}

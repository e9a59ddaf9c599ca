// Draws the Home tabs that people have looked at lately again when a turn of theirs changes. Which ones these are
// is kept in memory: after a restart a tab is drawn when a person opens it, which Slack reports each time.
import { coalesced } from '../../core/async.ts';
import type { Log } from '../../core/log.ts';

export interface HomeWatch {
  /** A person opened their Home tab. */
  opened: (teamId: string, userId: string) => void;
  /** A turn of theirs was drawn: their tab is drawn too, soon, if the state of the turn is new. */
  drawn: (teamId: string, userId: string, turn: { readonly turnId: string; readonly state: string }) => void;
  /**
   * Draws their tab now, or once more after the drawing under way: what is drawn last in Slack is then what was
   * read last. Rejects where that could not be drawn.
   */
  redraw: (teamId: string, userId: string) => Promise<void>;
  close: () => void;
}

const WATCHED_MS = 12 * 3_600_000;
/** Several changes at once are one drawing. */
const GATHER_MS = 1_500;
const WATCHED_MAX = 2_000;

/** Calls `draw` for people who have had their tab open within the last hours. */
export function watchHomes(draw: (teamId: string, userId: string) => Promise<void>, log: Log): HomeWatch {
  const openedAt = new Map<string, number>();
  const states = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();
  const redraw = coalesced((key: string) => {
    const [teamId = '', userId = ''] = key.split(' ');
    return draw(teamId, userId);
  });
  return {
    opened: (teamId, userId) => remember(openedAt, keyOf(teamId, userId), Date.now()),
    drawn: (teamId, userId, { turnId, state }) => {
      const key = keyOf(teamId, userId);
      if (states.get(turnId) === state) return;
      remember(states, turnId, state);
      if (timers.has(key) || (openedAt.get(key) ?? 0) < Date.now() - WATCHED_MS) return;
      const timer = setTimeout(() => {
        timers.delete(key);
        redraw(key).catch((error: unknown) => log.warn('the Home tab was not drawn', { userId, error }));
      }, GATHER_MS);
      timers.set(key, timer);
    },
    redraw: (teamId, userId) => redraw(keyOf(teamId, userId)),
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Ids of people are only unique within a Slack workspace. */
function keyOf(teamId: string, userId: string): string {
  return `${teamId} ${userId}`;
}

/** Sets the entry as the newest one, and forgets the oldest one beyond `WATCHED_MAX`. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > WATCHED_MAX && oldest !== undefined) map.delete(oldest);
}

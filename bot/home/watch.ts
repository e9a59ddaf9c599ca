// Home tabs that people have looked at lately are drawn again when something of theirs changes. Kept in memory:
// after a restart a tab is drawn when it is opened, which Slack tells of each time.
import type { Log } from '../../core/log.ts';

export interface HomeWatch {
  /** Somebody looks at their Home tab. */
  opened: (teamId: string, userId: string) => void;
  /** A turn of theirs was drawn: their tab is too where the turn has moved on. */
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
  const seen = new Map<string, number>();
  const states = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();
  const drawings = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const begin = (key: string, teamId: string, userId: string): Promise<void> => {
    const drawing = draw(teamId, userId).finally(() => drawings.delete(key));
    drawings.set(key, drawing);
    return drawing;
  };
  const redraw = (teamId: string, userId: string): Promise<void> => {
    const key = keyOf(teamId, userId);
    const waiting = next.get(key);
    if (waiting !== undefined) return waiting;
    const underway = drawings.get(key);
    if (underway === undefined) return begin(key, teamId, userId);
    const again = underway
      .catch(() => {})
      .then(() => {
        next.delete(key);
        return begin(key, teamId, userId);
      });
    next.set(key, again);
    return again;
  };
  return {
    opened: (teamId, userId) => {
      const key = keyOf(teamId, userId);
      seen.delete(key);
      seen.set(key, Date.now());
      const [oldest] = seen.keys();
      if (seen.size > WATCHED_MAX && oldest !== undefined) seen.delete(oldest);
    },
    drawn: (teamId, userId, { turnId, state }) => {
      const key = keyOf(teamId, userId);
      if (states.get(turnId) === state) return;
      states.set(turnId, state);
      const [first] = states.keys();
      if (states.size > WATCHED_MAX && first !== undefined) states.delete(first);
      if (timers.has(key) || (seen.get(key) ?? 0) < Date.now() - WATCHED_MS) return;
      const timer = setTimeout(() => {
        timers.delete(key);
        redraw(teamId, userId).catch((error: unknown) =>
          log.warn('the Home tab was not drawn', { userId, error }),
        );
      }, GATHER_MS);
      timers.set(key, timer);
    },
    redraw,
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Ids of people are only unique within a workspace. */
function keyOf(teamId: string, userId: string): string {
  return `${teamId} ${userId}`;
}

// Somebody begins to ask for work: what Slack tells of it, long enough before the request to have a sandbox ready.
import { notify } from '../../db/transport/notify.ts';
import type { InteractionContext } from './context.ts';

/** Where it is not known which repo it will be, at most so many are made ready. */
const MAX_GUESSES = 3;

/**
 * Hints to the workers which repo may be asked for next; null where it may be any. Only those that the
 * configuration keeps sandboxes ready for. Never throws: a hint that is lost costs a moment.
 */
export async function hintWarm(
  { database, config, log }: InteractionContext,
  repo: string | null,
): Promise<void> {
  const kept = config.repos.filter(({ warm = 0 }) => warm > 0).map(({ name }) => name);
  const meant = repo === null ? kept : kept.filter((name) => name === repo);
  if (meant.length > MAX_GUESSES) return;
  try {
    for (const name of meant) await notify(database.em(), `warm ${name}`);
  } catch (error) {
    log.debug('a hint was lost', { error });
  }
}

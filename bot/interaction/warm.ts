// Prewarm: a person opens a form or types a command, and the workers have a sandbox ready before the request comes.
import { notify } from '../../db/transport/notify.ts';
import type { InteractionContext } from './context.ts';

/** Where it is not known which repo it will be, at most so many are made ready. */
const MAX_GUESSES = 3;

/**
 * Tells the workers which repo may be asked for next; null where it may be any. It names only those that the
 * configuration keeps sandboxes ready for. Never throws: a notice that is lost costs a moment.
 */
export async function prewarm(
  { database, config, log }: InteractionContext,
  repo: string | null,
): Promise<void> {
  const kept = config.repos.filter(({ warm = 0 }) => warm > 0).map(({ name }) => name);
  const meant = repo === null ? kept : kept.filter((name) => name === repo);
  if (meant.length > MAX_GUESSES) return;
  try {
    for (const name of meant) await notify(database.em(), `warm ${name}`);
  } catch (error) {
    log.debug('a notice to the workers was lost', { error });
  }
}

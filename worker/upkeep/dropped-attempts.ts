// Deletes the branches of dropped attempts on the remote, and their sandboxes on this worker's engine. Workers on
// other engines remove the sandboxes there as idle ones.
import { sandboxKey } from '../../core/attempt.ts';
import { branchOf } from '../../core/session.ts';
import { droppedAttempts, markRemoved } from '../../db/turns/attempts.ts';
import { forgetWork } from '../../db/turns/saved-work.ts';
import { openMirror } from '../forge/mirror.ts';
import type { WorkerServices } from '../turn/context.ts';

const AT_ONCE = 20;

/** Removes some dropped attempts. Failures are logged and tried again by the next call; calls may overlap. */
export async function removeDropped(
  tools: Pick<WorkerServices, 'database' | 'provider' | 'forge' | 'config' | 'mirrors' | 'log'>,
  signal?: AbortSignal,
): Promise<void> {
  const { database, provider, forge, config, log } = tools;
  for (const dropped of await droppedAttempts(database.em(), AT_ONCE)) {
    const { sessionId, number } = dropped;
    try {
      const repo = config.repos.find(({ name }) => name === dropped.repo);
      if (repo === undefined) continue;
      await provider.remove(sandboxKey(sessionId, number));
      await forge.discard(openMirror(repo, tools.mirrors), branchOf(sessionId, number), signal);
      await forgetWork(database.em(), sandboxKey(sessionId, number));
      await markRemoved(database.em(), dropped);
    } catch (error) {
      log.warn('what an attempt left could not be removed', { session: sessionId, number, error });
    }
  }
}

// Takes the branches of attempts that nobody chose off the remote, and their sandboxes off this worker's engine.
// Those on other engines are found by the housekeeping there.
import { sandboxKey } from '../../core/attempt.ts';
import { branchOf } from '../../core/session.ts';
import { droppedAttempts, markRemoved } from '../../db/turns/attempts.ts';
import { forgetWork } from '../../db/turns/saved-work.ts';
import { openMirror } from '../forge/mirror.ts';
import type { WorkerServices } from '../turn/context.ts';

const AT_ONCE = 20;

/** One round. What fails is told in the log and tried again in the next one; two rounds at once do no harm. */
export async function removeDropped(tools: WorkerServices, signal?: AbortSignal): Promise<void> {
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

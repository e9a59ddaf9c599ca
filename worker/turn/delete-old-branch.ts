// Deletes the session branch in the old repo after a request is rerouted to another repo.
import { openMirror } from '../forge/mirror.ts';
import type { TurnContext } from './context.ts';

/** Deletes the branch. A failure is only logged: the work in the new repo does not depend on it. */
export async function deleteOldBranch(
  context: Pick<TurnContext, 'turn' | 'session' | 'config' | 'mirrors' | 'forge' | 'signal' | 'log'>,
): Promise<void> {
  const { turn, session, config, mirrors, forge, signal, log } = context;
  const left = config.repos.find(({ name }) => name === turn.details.left);
  if (left === undefined) return;
  try {
    await forge.discard(openMirror(left, mirrors), session.branch, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn('a branch may have been left in the repo before', {
      repo: left.name,
      branch: session.branch,
      error,
    });
  }
}

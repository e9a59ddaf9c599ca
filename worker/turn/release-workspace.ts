// What a request leaves in a repo that it was moved away from: nothing, once its branch is gone there.
import { openMirror } from '../forge/mirror.ts';
import type { TurnContext } from './context.ts';

/** Takes the session's branch off the repo that the turn was moved away from. Work elsewhere does not wait for it. */
export async function clearLeft({
  turn,
  session,
  config,
  mirrors,
  forge,
  signal,
  log,
}: TurnContext): Promise<void> {
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

// Keeps the unpublished work of a turn after each step, so that it outlives its sandbox and its machine.
import { serial } from '../../core/async.ts';
import { hasCode } from '../../core/errors.ts';
import { fenced } from '../../db/schema/lease.ts';
import { saveWork } from '../../db/turns/saved-work.ts';
import { takeWork } from '../workspace/saved-work.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';

/** Makes a function that saves the changes since its last call. It never throws: failures are in the log. */
export function workSaver(
  { database, lease, log }: Pick<TurnContext, 'database' | 'lease' | 'log'>,
  workspace: Workspace,
): () => Promise<void> {
  const { sandbox, sandboxName, facts } = workspace;
  let calls = 0;
  let isRefused = false;
  // An earlier worker may have taken work that it did not write any more, so the first call takes all of it.
  let since: 'ever' | 'last' = 'ever';
  const save = async (): Promise<void> => {
    calls += 1;
    const reach = since;
    since = 'ever';
    try {
      const taken = await takeWork(sandbox, `${facts.turnId}-${facts.run}-${calls}`, reach);
      if (taken.kind === 'refused' && !isRefused)
        log.warn('unpublished work cannot be kept outside of its sandbox', { reason: taken.reason });
      isRefused = taken.kind === 'refused';
      if (taken.kind === 'taken')
        await fenced(database, lease, (em) => saveWork(em, facts.sandboxKey, sandboxName, taken.work));
      since = 'last';
    } catch (error) {
      // The next command in the sandbox, or the next step, fails with the same error.
      if (hasCode(error, 'sandbox_lost') || hasCode(error, 'lease_lost')) return;
      log.warn('unpublished work could not be saved', { error });
    }
  };
  // Child agents may end their steps at the same time.
  const oneAtATime = serial();
  return () => oneAtATime(save);
}

// Keeps the unpublished work of a turn after each step, so that it outlives its sandbox and its machine.
import { hasCode } from '../../core/errors.ts';
import { fenced } from '../../db/schema/lease.ts';
import { saveWork } from '../../db/turns/saved-work.ts';
import { takeWork } from '../workspace/saved-work.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';

/** Saves what changed since the last call. Never throws: what could not be saved is one step older, or in the log. */
export function workSaver({ database, lease, log }: TurnContext, workspace: Workspace): () => Promise<void> {
  const { sandbox, sandboxName, facts } = workspace;
  let calls = 0;
  let isRefused = false;
  // What a worker before this one saw may not have been written.
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
      // Whoever works on finds out by the next call or the next step.
      if (hasCode(error, 'sandbox_lost') || hasCode(error, 'lease_lost')) return;
      log.warn('unpublished work could not be saved', { error });
    }
  };
  // Children of the agent may end a step at the same time.
  let last = Promise.resolve();
  return () => (last = last.then(save));
}

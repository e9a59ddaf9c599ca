// The pages before the session changed anything, photographed beside the agent's work in a sandbox of their
// own, so that neither waits for the other.
import { APPROACHES } from '../../core/attempt.ts';
import type { NamedShot } from '../../core/page.ts';
import { eventsOfSession } from '../../db/log/events.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { type SandboxBrowser } from '../../sandbox/port/browser.ts';
import { capturePages } from '../verify/pages.ts';
import { checkOutBase } from '../workspace/branch.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { BASELINE_SUFFIX } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';

export interface Baseline {
  /** The shots, waiting for them where they are still being taken. Without any where the app did not open. */
  readonly shots: () => Promise<readonly NamedShot[]>;
  /** Gives up what is under way and removes the sandbox. */
  readonly close: () => Promise<void>;
}

/** Starts taking the shots, or finds the ones that an earlier turn of the session took of the same base. */
export function captureBaseline(context: TurnContext, workspace: Workspace): Baseline {
  const { serve, pages } = workspace.repoFile;
  if (serve === undefined || pages.length === 0) return { shots: async () => [], close: async () => {} };
  const abort = new AbortController();
  const signal = AbortSignal.any([workspace.signal, abort.signal]);
  const take = (): Promise<readonly NamedShot[]> =>
    findOrTake(context, workspace, signal).catch((error: unknown) => {
      if (!signal.aborted) workspace.log.warn('the pages could not be opened before the change', { error });
      return [];
    });
  // Of several attempts the first one takes them for all; the others look whether it has once they need them.
  const { approach } = context.attempt;
  let taken = approach === null || approach === APPROACHES[0] ? take() : undefined;
  return {
    shots: () => (taken ??= take()),
    close: async () => {
      abort.abort();
      await taken;
    },
  };
}

async function findOrTake(
  context: TurnContext,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<readonly NamedShot[]> {
  const events = await eventsOfSession(context.database.em(), context.session.id);
  for (const { body } of events.toReversed()) {
    if (body.type !== 'pages.captured' || body.base !== workspace.base) continue;
    // Shots without a name are from before pages were looked at on phones too.
    if (body.shots.every(({ name }) => name !== undefined)) return body.shots;
  }
  const key = `${workspace.facts.sandboxKey}${BASELINE_SUFFIX}`;
  // One that a killed worker left may have been touched half-way.
  await context.provider.remove(key);
  const opened = await context.provider.open({ key, image: workspace.snapshot }, signal);
  const sandbox = await workspace.egress.open(opened);
  let browser: SandboxBrowser | undefined;
  try {
    const { defaultBranch, base, mirror, facts } = workspace;
    const commits = { base, latest: base, defaultBranch, shown: base, parent: base };
    await checkOutBase({ sandbox, facts, signal }, mirror, commits);
    const open = async () => (browser = await openBrowser(sandbox));
    const shots = await capturePages({ ...workspace, sandbox, signal, label: 'before', openBrowser: open });
    await workspace.report({ type: 'pages.captured', base: workspace.base, shots });
    return shots;
  } finally {
    await browser?.close();
    await sandbox.close();
    await context.provider.remove(key);
  }
}

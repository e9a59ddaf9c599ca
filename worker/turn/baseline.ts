// Photographs the pages of the baseline in a sandbox of their own, while the agent works in the session's sandbox.
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
  /** Waits for the shots. Resolves with none where the app did not open; never rejects. */
  readonly shots: () => Promise<readonly NamedShot[]>;
  /** Aborts the capture and removes its sandbox. */
  readonly close: () => Promise<void>;
}

/** Starts the capture, or finds the shots that an earlier turn of the session took of the same base. */
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
  // The first of several attempts takes the shots for all; the others look for them once they need them.
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
    // Shots without a name were taken before there were shots of phones.
    if (body.shots.every(({ name }) => name !== undefined)) return body.shots;
  }
  const key = `${workspace.facts.sandboxKey}${BASELINE_SUFFIX}`;
  // A killed worker may have left a sandbox that is half prepared.
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

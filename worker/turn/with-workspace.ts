// Gives a turn its workspace, and closes the workspace, the browser and the sandbox of the baseline at its end.
import type { NamedShot } from '../../core/page.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import type { SandboxBrowser } from '../../sandbox/port/browser.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { captureBaseline } from './baseline.ts';
import type { TurnContext } from './context.ts';
import { openWorkspace } from './open-workspace.ts';

export interface TurnPages {
  /** The one browser of the turn, opened by the first call. */
  readonly openBrowser: () => Promise<SandboxBrowser>;
  /** Waits until the pages of the baseline are photographed. Resolves with none where the app did not open. */
  readonly baselineShots: () => Promise<readonly NamedShot[]>;
}

/** Opens the workspace of a turn for `work`, and begins to photograph the baseline. Closes all of it afterwards. */
export async function withWorkspace(
  context: TurnContext,
  work: (workspace: Workspace, pages: TurnPages) => Promise<void>,
): Promise<void> {
  const workspace = await openWorkspace(context);
  let opened: Promise<SandboxBrowser> | undefined;
  const baseline = captureBaseline(context, workspace);
  try {
    await work(workspace, {
      openBrowser: () => (opened ??= openBrowser(workspace.sandbox)),
      baselineShots: baseline.shots,
    });
  } finally {
    await baseline.close();
    await (await opened?.catch(() => undefined))?.close();
    await workspace.sandbox.close();
  }
}

// The browser of a turn, shared by the agent and the verification.

import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { type SandboxBrowser } from '../../sandbox/port/browser.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** One browser for the turn, opened when it is first needed. */
export function keepBrowser(workspace: Workspace): {
  open: () => Promise<SandboxBrowser>;
  close: () => Promise<void>;
} {
  let opened: Promise<SandboxBrowser> | undefined;
  return {
    open: () => (opened ??= openBrowser(workspace.sandbox)),
    close: async () => {
      const browser = await opened?.catch(() => undefined);
      await browser?.close();
    },
  };
}

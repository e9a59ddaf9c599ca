import type { NamedShot } from '../../core/page.ts';
import type { SandboxBrowser } from '../../sandbox/port/browser.ts';
import type { Workspace } from '../workspace/workspace.ts';

export interface VerifyOptions {
  readonly workspace: Workspace;
  /** The commit whose tree the working tree is. */
  readonly commit: string;
  readonly round: number;
  /** The pages before the session changed anything. */
  readonly before: readonly NamedShot[];
  readonly openBrowser: () => Promise<SandboxBrowser>;
}

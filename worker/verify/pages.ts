// Serves the app in a sandbox and photographs its pages in the sandbox's Chromium.
import { createHash } from 'node:crypto';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { NamedShot, PageShot } from '../../core/page.ts';
import type { SandboxBrowser, ScreencastFrame } from '../../sandbox/port/browser.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type ViewedPage, viewsOf } from './page-views.ts';

export interface PagesOptions
  extends Pick<Workspace, 'facts' | 'repoFile' | 'sandbox' | 'artifacts' | 'signal'> {
  /** `before` or `after-r<round>`; part of names and ids. */
  readonly label: string;
  readonly openBrowser: () => Promise<SandboxBrowser>;
  /** Called with each frame of the pages on a desktop while they open. */
  readonly onFrame?: (frame: ScreencastFrame) => void;
}

/** Serves the app and takes a picture of each page in each of its views. Throws where it cannot be served or opened. */
export async function capturePages(options: PagesOptions): Promise<readonly NamedShot[]> {
  const { repoFile, sandbox, facts, label } = options;
  const { serve, pages } = repoFile;
  if (serve === undefined || pages.length === 0) return [];
  const serverId = `${facts.turnId}-serve-${label}-${facts.run}`;
  await freePort(options, serve.port);
  await sandbox.start({ id: serverId, argv: ['bash', '-c', serve.run], env: { PORT: String(serve.port) } });
  try {
    // Chromium starts while the app does.
    const opening = options.openBrowser();
    opening.catch(() => undefined);
    (await sandbox.connect(serve.port, serve.wait_seconds * 1000)).destroy();
    const browser = await opening;
    const shots: NamedShot[] = [];
    for (const viewed of viewsOf(pages)) {
      options.signal.throwIfAborted();
      const shot = await captureKnown(options, browser, viewed, serve.port);
      const { name, path } = viewed.page;
      if (shot !== null) shots.push({ name, path, view: viewed.view, shot });
    }
    return shots;
  } finally {
    await sandbox.kill(serverId, 'SIGKILL');
  }
}

/** Takes the shot of a page; null at the baseline where the page does not have the element yet. */
async function captureKnown(
  options: PagesOptions,
  browser: SandboxBrowser,
  viewed: ViewedPage,
  port: number,
): Promise<PageShot | null> {
  try {
    return await capture(options, browser, viewed, port);
  } catch (thrown) {
    const mayBeNew = viewed.page.element !== undefined && isBefore(options);
    if (mayBeNew && hasCode(thrown, 'browser_failed')) return null;
    throw thrown;
  }
}

async function capture(
  options: PagesOptions,
  browser: SandboxBrowser,
  { page, view }: ViewedPage,
  port: number,
): Promise<PageShot> {
  const isFilmed = view.viewport === 'desktop' && !view.dark && options.onFrame !== undefined;
  const seen = await browser.capture({
    url: `http://localhost:${port}${page.path}`,
    viewport: view.viewport,
    colorScheme: view.dark ? 'dark' : 'light',
    fullPage: page.full_page,
    ...(page.element === undefined ? {} : { selector: page.element }),
    ...(isFilmed ? { onFrame: options.onFrame } : {}),
  });
  const when = isBefore(options) ? 'before' : 'after';
  const artifact = await options.artifacts.save({
    kind: 'screenshot',
    name: `${fileNameOf({ page, view })}-${when}.png`,
    mimeType: 'image/png',
    altText: `The page ${page.name} (${page.path})${inWords(view)} ${when} the change`,
    content: seen.png,
  });
  return {
    artifactId: artifact.id,
    digest: createHash('sha256').update(seen.png).digest('hex'),
    consoleErrors: seen.consoleErrors.slice(0, 20),
    failedRequests: seen.failedRequests.slice(0, 20),
    status: seen.status,
  };
}

function isBefore({ label }: PagesOptions): boolean {
  return label.startsWith('before');
}

/** `cart`, `cart-phone`, `cart-dark`. */
export function fileNameOf({ page, view }: ViewedPage): string {
  const parts = [page.name, view.viewport === 'phone' ? 'phone' : '', view.dark ? 'dark' : ''];
  return parts
    .filter((part) => part !== '')
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
}

function inWords({ viewport, dark }: ViewedPage['view']): string {
  return `${viewport === 'phone' ? ' on a phone' : ''}${dark ? ' in dark mode' : ''}`;
}

/** Ends the server that the agent left on the port: it would be photographed instead of the change. */
async function freePort(options: PagesOptions, port: number): Promise<void> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const script = [
    `inodes=$(awk '$2 ~ /:${hex}$/ && $4 == "0A" { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)`,
    'for inode in $inodes; do for process in /proc/[0-9]*; do',
    '  if ls -l "$process/fd" 2>/dev/null | grep -q "socket:\\[$inode\\]"; then kill -9 "${process#/proc/}"; fi',
    'done; done; true',
  ].join('\n');
  const id = `${options.facts.turnId}-free-${options.label}-${options.facts.run}`;
  const result = await options.sandbox.run(
    { id, argv: ['bash', '-c', script], timeoutMs: 20_000 },
    { signal: options.signal },
  );
  if (result.exitCode === 0) return;
  throw new ThreadsmithError(
    'browser_failed',
    `The port ${port} that the app is served on could not be freed in the sandbox.`,
    'Reply in the thread to try again.',
  );
}

// The app served in a sandbox and its pages looked at in the sandbox's Chromium.
import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../../core/artifact.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import type { NamedShot, PageShot } from '../../core/event.ts';
import type { SandboxBrowser } from '../../sandbox/browser.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { TurnFacts } from './bench.ts';
import type { RepoFile } from './repo-file.ts';

export interface PagesOptions {
  readonly facts: TurnFacts;
  readonly repoFile: RepoFile;
  readonly sandbox: Sandbox;
  readonly artifacts: ArtifactStore;
  readonly signal: AbortSignal;
  /** `before` or `after`; part of names and ids. */
  readonly label: string;
  readonly openBrowser: () => Promise<SandboxBrowser>;
}

/** Serves the app and takes a picture of each page. A page that does not open has no shot. */
export async function capturePages(options: PagesOptions): Promise<readonly NamedShot[]> {
  const { repoFile, sandbox, facts, label } = options;
  const { serve, pages } = repoFile;
  if (serve === undefined || pages.length === 0) return [];
  const serverId = `${facts.turnId}-serve-${label}-${facts.run}`;
  await freePort(options, serve.port);
  await sandbox.start({ id: serverId, argv: ['bash', '-c', serve.run], env: { PORT: String(serve.port) } });
  try {
    (await sandbox.connect(serve.port, serve.wait_seconds * 1000)).destroy();
    const browser = await options.openBrowser();
    const shots: NamedShot[] = [];
    for (const page of pages) {
      options.signal.throwIfAborted();
      shots.push({ path: page.path, shot: await capture(options, browser, page, serve.port) });
    }
    return shots;
  } finally {
    await sandbox.kill(serverId, 'SIGKILL');
  }
}

async function capture(
  options: PagesOptions,
  browser: SandboxBrowser,
  page: { readonly name: string; readonly path: string },
  port: number,
): Promise<PageShot> {
  const seen = await browser.capture({ url: `http://localhost:${port}${page.path}` });
  const artifact = await options.artifacts.save({
    kind: 'screenshot',
    name: `${page.name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${options.label.split('-')[0]}.png`,
    mimeType: 'image/png',
    altText: `The page ${page.name} (${page.path}) ${options.label.startsWith('before') ? 'before' : 'after'} the change`,
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

/** A server that the agent left on the port would be photographed instead of the change. */
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

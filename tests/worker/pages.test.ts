// How the pages of `.threadsmith.yaml` are looked at: its keys, and the pictures that come of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArtifactStore } from '../../core/artifact.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { type SandboxBrowser } from '../../sandbox/port/browser.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { openFileArtifacts } from '../../worker/agent-cli/file-artifacts.ts';
import { cleanPictures } from '../../worker/pictures/clean-artifacts.ts';
import { shotOf, viewsOf } from '../../worker/verify/page-views.ts';
import { capturePages, type PagesOptions } from '../../worker/verify/pages.ts';
import { readRepoFile } from '../../worker/workspace/repo-file.ts';
import { openTestEngine } from '../sandbox/engine.ts';

const engine = openTestEngine();
let sandbox: Sandbox;
let browser: SandboxBrowser | undefined;
let folder: string;
let artifacts: ArtifactStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadsmith-pages-'));
  artifacts = cleanPictures(openFileArtifacts(folder, 'session', 'turn'));
  const image = await engine.provider.ensureImage(() => {});
  sandbox = await engine.provider.open({ key: 'pages', image });
});
afterAll(async () => {
  await browser?.close();
  await engine.provider.remove('pages');
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const fileOf = (pages: string) =>
  readRepoFile(async () => `serve: { run: python3 -m http.server 3000, port: 3000 }\npages: ${pages}\n`);

async function shots(pages: string, label: string) {
  const options: PagesOptions = {
    facts: {
      turnId: 'turn',
      sandboxKey: 'pages',
      sessionId: 'session',
      run: 'r1',
      fence: 1,
      branch: 'threadsmith/session',
      requester: { id: 'U1', name: 'Mira', email: null },
      startedAt: new Date(),
    },
    repoFile: await fileOf(pages),
    sandbox,
    artifacts,
    signal: AbortSignal.timeout(120_000),
    label,
    openBrowser: async () => (browser ??= await openBrowser(sandbox)),
  };
  return capturePages(options);
}

const views = async (pages: string) =>
  viewsOf((await fileOf(pages)).pages).map(
    ({ page, view }) => `${page.path} ${view.viewport}${view.dark ? ' dark' : ''}`,
  );

describe('the pages of .threadsmith.yaml', () => {
  test('are looked at on a desktop and a phone where there are up to three', async () => {
    expect(await views('[/, /a]')).toEqual(['/ desktop', '/ phone', '/a desktop', '/a phone']);
    expect(await views('[/, /a, /b, /c]')).toEqual(['/ desktop', '/a desktop', '/b desktop', '/c desktop']);
  });

  test('are looked at as they ask to be', async () => {
    const dark = '{ name: A, path: /a, viewports: [phone], dark: true }';
    expect(await views(`[/, /1, /2, ${dark}]`)).toEqual([
      '/ desktop',
      '/1 desktop',
      '/2 desktop',
      '/a phone',
      '/a phone dark',
    ]);
  });

  test.each([
    '{ name: A, path: a }',
    '{ name: A, path: /a, viewports: [tablet] }',
    '{ name: A, path: /a, darc: true }',
  ])('are refused where they are written as %s', async (page) => {
    await expect(fileOf(`[${page}]`)).rejects.toMatchObject({ code: 'repo_config_invalid' });
  });

  test('give a picture each: dark, of the first screen, and of one element that the change brings', async () => {
    const style =
      'body{margin:0;background:#fff}@media (prefers-color-scheme:dark){body{background:#000009}}#new{background:#900;width:70px;height:30px}';
    const html = (more: string) =>
      `<!doctype html><meta name="viewport" content="width=device-width"><style>${style}</style><div style="height:2000px">${more}</div>`;
    const pages =
      '[{ name: Home, path: /page.html, viewports: [desktop], dark: true, full_page: false }, { name: New, path: /page.html, viewports: [desktop], element: "#new" }]';
    await sandbox.write('page.html', Buffer.from(html('')));
    const before = await shots(pages, 'before');
    await sandbox.write('page.html', Buffer.from(html('<div id="new"></div>')));
    const after = await shots(pages, 'after-r0');

    const [light, dark, element] = viewsOf((await fileOf(pages)).pages);
    if (!light || !dark || !element) throw new Error('three views were asked for');
    expect(shotOf(before, light)).not.toBeNull();
    expect(shotOf(before, element)).toBeNull();
    const seen = async (viewed: typeof light) => {
      const id = shotOf(after, viewed)?.artifactId ?? '';
      const { artifact, content } = await artifacts.read(id);
      const { width, height, data } = PNG.sync.read(Buffer.from(content));
      return { name: artifact.name, size: [width, height], last: [...data.subarray(-4, -1)] };
    };
    expect(await seen(light)).toEqual({ name: 'home-after.png', size: [1280, 800], last: [255, 255, 255] });
    expect(await seen(dark)).toEqual({ name: 'home-dark-after.png', size: [1280, 800], last: [0, 0, 9] });
    expect(await seen(element)).toEqual({ name: 'new-after.png', size: [70, 30], last: [153, 0, 0] });
  });
});

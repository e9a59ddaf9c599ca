// The first picture of a page in a fresh sandbox and the ones after it, beside Playwright run next to Chromium in
// a bare container: the same page, the same server, the same image.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import { TEMP_DIR } from '../../sandbox/image/recipe.ts';
import type { SandboxGround } from './ground.ts';
import type { Pair } from './samples.ts';
import { timed } from './samples.ts';

const URL = 'http://localhost:3000/page.html';
const PAGE = `<!doctype html><meta charset="utf-8"><title>Shop</title>
<style>body{font:16px sans-serif;margin:40px}li{padding:8px;border-bottom:1px solid #ccc}</style>
<h1>Shop</h1><ul>${Array.from({ length: 40 }, (_, index) => `<li>Thing ${index} <b>€ ${index * 3}</b></li>`).join('')}</ul>`;
const SERVE = ['python3', '-m', 'http.server', '3000', '-d', TEMP_DIR];
const PACKAGE_MAX_BYTES = 256 * 1024 ** 2;

const answer = z.object({ first: z.number(), next: z.array(z.number()) });

export interface PicturePairs {
  readonly first: Pair;
  readonly next: Pair;
}

/** `rounds` fresh sandboxes and bare containers in turns, `count` further pictures in each. */
export async function measurePictures(
  ground: SandboxGround,
  rounds: number,
  count: number,
): Promise<PicturePairs> {
  const playwright = await packPlaywright();
  const product = { first: [] as number[], next: [] as number[] };
  const baseline = { first: [] as number[], next: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const ours = await inSandbox(ground, `pictures-${round}`, count);
    product.first.push(ours.first);
    product.next.push(...ours.next);
    const theirs = await inBareContainer(ground, playwright, count);
    baseline.first.push(theirs.first);
    baseline.next.push(...theirs.next);
  }
  return {
    first: { product: product.first, baseline: baseline.first },
    next: { product: product.next, baseline: baseline.next },
  };
}

async function inSandbox(ground: SandboxGround, key: string, count: number): Promise<z.infer<typeof answer>> {
  const { provider, image } = ground;
  const sandbox = await provider.open({ key, image });
  try {
    await sandbox.write(`${TEMP_DIR}/page.html`, Buffer.from(PAGE));
    await sandbox.start({ id: 'server', argv: SERVE });
    (await sandbox.connect(3000, 20_000)).destroy();
    const startedAt = performance.now();
    const browser = await openBrowser(sandbox);
    await browser.capture({ url: URL });
    const first = performance.now() - startedAt;
    const next: number[] = [];
    for (let index = 0; index < count; index += 1)
      next.push(await timed(() => browser.capture({ url: URL })));
    await browser.close();
    return { first, next };
  } finally {
    await sandbox.close();
    await provider.remove(key);
  }
}

async function inBareContainer(
  ground: SandboxGround,
  playwright: Uint8Array,
  count: number,
): Promise<z.infer<typeof answer>> {
  const bare = await ground.runBare();
  try {
    await bare.feed(['tar', '-x', '-C', TEMP_DIR], playwright);
    await bare.feed(['sh', '-c', `cat > ${TEMP_DIR}/page.html`], Buffer.from(PAGE));
    const script = await readFile(join(import.meta.dirname, 'bare-playwright.mjs'));
    await bare.feed(['sh', '-c', `cat > ${TEMP_DIR}/bare-playwright.mjs`], script);
    await bare.exec(
      'sh',
      '-c',
      `${SERVE.join(' ')} >/dev/null 2>&1 &
      for i in $(seq 200); do curl -sf ${URL} >/dev/null && exit 0; sleep 0.05; done; exit 1`,
    );
    const said = await bare.exec('node', `${TEMP_DIR}/bare-playwright.mjs`, TEMP_DIR, URL, String(count));
    return answer.parse(JSON.parse(said));
  } finally {
    await bare.remove();
  }
}

/** The package as it is installed here, without what its tools need. */
async function packPlaywright(): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  const { stdout } = await promisify(execFile)(
    'tar',
    ['-c', '-C', dirname(folder), '--exclude=lib/vite', 'playwright-core'],
    { encoding: 'buffer', maxBuffer: PACKAGE_MAX_BYTES },
  );
  return stdout;
}

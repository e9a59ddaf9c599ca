// Starts Chromium in a sandbox, or finds the one that runs, and attaches to it over the toolhost's wire.
import { randomUUID } from 'node:crypto';
import { type Browser, chromium } from 'playwright';
import { within } from '../../core/async.ts';
import { CHROMIUM, TEMP_DIR } from '../image/recipe.ts';
import type { Sandbox } from '../port/sandbox.ts';
import { connectDevTools, findDevToolsPath } from './devtools.ts';
import { browserFailed } from './failure.ts';

/** On the sandbox's loopback. Chromium refuses pages that try it, by their Origin and Host. */
const DEVTOOLS_PORT = 39_222;
const START_TIMEOUT_MS = 20_000;

/** Chromium's own sandbox needs namespaces that the container may not make; the container isolates it instead. */
const FLAGS = `
  --headless --no-sandbox --disable-gpu --no-first-run --no-default-browser-check --disable-extensions
  --disable-background-networking --disable-component-update --disable-default-apps --disable-sync
  --disable-breakpad --disable-client-side-phishing-detection --disable-domain-reliability
  --disable-hang-monitor --disable-ipc-flooding-protection --disable-popup-blocking
  --disable-prompt-on-repost --disable-background-timer-throttling --disable-backgrounding-occluded-windows
  --disable-renderer-backgrounding
  --disable-features=Translate,MediaRouter,OptimizationHints,AcceptCHFrame,DialMediaRouteProvider
  --metrics-recording-only --mute-audio --hide-scrollbars --force-color-profile=srgb
  --font-render-hinting=none --password-store=basic --no-service-autorun --window-size=1280,800
`;
/** A first page would cost a process and is not used. */
const NO_PAGE = '--no-startup-window';

/** A Playwright browser attached to the sandbox's Chromium. */
export async function startChromium(sandbox: Sandbox): Promise<Browser> {
  const running = await findDevToolsPath(sandbox, DEVTOOLS_PORT, 0).catch(() => undefined);
  const path = running ?? (await launch(sandbox));
  const transport = await connectDevTools(sandbox, DEVTOOLS_PORT, path);
  try {
    return await chromium.connectOverCDP(transport, { timeout: START_TIMEOUT_MS });
  } catch (cause) {
    transport.close();
    throw browserFailed('The browser in the sandbox could not be attached to.', cause);
  }
}

async function launch(sandbox: Sandbox): Promise<string> {
  const id = `chromium-${randomUUID()}`;
  const profile = `${TEMP_DIR}/${id}`;
  await sandbox.start({
    id,
    argv: [
      CHROMIUM,
      ...FLAGS.trim().split(/\s+/),
      NO_PAGE,
      `--remote-debugging-port=${DEVTOOLS_PORT}`,
      `--user-data-dir=${profile}`,
    ],
    cwd: '/work',
  });
  try {
    return await findDevToolsPath(sandbox, DEVTOOLS_PORT, START_TIMEOUT_MS);
  } catch (cause) {
    // Asking for the result of the same id gives its output, if it has ended.
    const ended = sandbox.run({ id, argv: ['true'] }).then((result) => result.output.text.trim().slice(-500));
    const output = await within(
      500,
      ended.catch(() => ''),
      () => '',
    );
    throw browserFailed(`Chromium did not start in the sandbox. ${output}`.trim(), cause);
  }
}

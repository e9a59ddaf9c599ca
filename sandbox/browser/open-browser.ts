// Opens the browser of a sandbox.
import type { SandboxBrowser } from '../port/browser.ts';
import type { Sandbox } from '../port/sandbox.ts';
import { startChromium } from './chromium.ts';
import { ChromiumBrowser } from './chromium-browser.ts';

/**
 * Attaches to the sandbox's Chromium, starting it where it is not running. Throws `browser_failed` where it
 * does not start, and `sandbox_lost` where the sandbox is gone.
 */
export async function openBrowser(sandbox: Sandbox): Promise<SandboxBrowser> {
  return new ChromiumBrowser(await startChromium(sandbox));
}

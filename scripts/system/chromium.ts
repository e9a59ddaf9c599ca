// The browser that the tests use to look at the local workspace. Sandboxes have their own.
import { findCommand } from './commands.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The path of a Chromium on this machine, `CHROMIUM_PATH` first, or null. */
export function findChromium(): string | null {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return named;
  return NAMES.map(findCommand).find((path) => path !== null) ?? null;
}

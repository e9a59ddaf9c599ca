// Vitest's global set-up for tests that open sandboxes: a Docker Engine, unless one answers already.
import { startParts } from '../../scripts/test/parts.ts';

export async function setup(): Promise<() => Promise<void>> {
  const parts = await startParts('sandbox', process.env);
  Object.assign(process.env, parts.env);
  return () => parts.stop();
}

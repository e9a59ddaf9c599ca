// Vitest's global set-up: PostgreSQL, Redis and the path of the browser, unless `npm test` started them.
import { startParts } from '../../scripts/test/parts.ts';

export async function setup(): Promise<() => Promise<void>> {
  const parts = await startParts('services', process.env);
  Object.assign(process.env, parts.env);
  return () => parts.stop();
}

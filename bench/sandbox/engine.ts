// The engine and the image for the sandbox's benchmark, brought up as `npm start` and `npm test` do it. What is
// said about it goes to the standard error: the standard output is for figures.

import { bringUpEngine, bringUpImage } from '../../scripts/start/sandbox-parts.ts';
import { createDataDirectory, dataDirectory } from '../../scripts/system/data-directory.ts';
import { findEngine, type RunningEngine } from '../../scripts/system/engine.ts';
import { install } from '../../scripts/system/install.ts';
import { createTerminal } from '../../scripts/system/terminal.ts';

/** The engine that answers already, else our own, with the image on it. The caller releases it. */
export async function openEngine(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<RunningEngine> {
  const data = dataDirectory(env['THREADSMITH_DATA'] ?? '.data');
  createDataDirectory(data);
  const terminal = createTerminal({
    write: (text) => process.stderr.write(text),
    live: false,
    columns: () => 80,
  });
  const options = { terminal, mayInstall: true };
  if ((await findEngine(env['DOCKER_HOST'])) === null) await install(['engine'], options);
  const engine = await bringUpEngine(data, env['DOCKER_HOST'], options);
  try {
    await bringUpImage(data, engine, options, signal);
    return engine;
  } catch (thrown) {
    await engine.release();
    throw thrown;
  }
}

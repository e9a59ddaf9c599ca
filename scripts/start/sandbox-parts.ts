// The Docker Engine and the sandbox image, brought up the same way by both commands.

import { request } from 'node:http';
import { z } from 'zod';
import { readInstallId } from '../../core/install-id.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import type { DataDirectory } from '../system/data-directory.ts';
import { findEngine, type RunningEngine, startEngine } from '../system/engine.ts';
import { type InstallOptions, install } from '../system/install.ts';
import { isDebian } from '../system/requirements.ts';
import { asPart } from '../system/terminal.ts';

/** The engine that answers already, else our own, with its line on the terminal. */
export function bringUpEngine(
  data: DataDirectory,
  dockerHost: string | undefined,
  options: InstallOptions,
): Promise<RunningEngine> {
  return asPart(options.terminal, 'Docker Engine', async () => {
    const found = await findEngine(dockerHost);
    if (found !== null) return { value: found, detail: `runs already at ${found.host}` };
    const value = await startEngine(data);
    return { value, detail: 'our own, in the data directory' };
  });
}

/** The sandbox image, built first where it is missing. */
export async function bringUpImage(
  data: DataDirectory,
  engine: RunningEngine,
  options: InstallOptions,
  signal: AbortSignal,
): Promise<void> {
  if (isDebian() && !(await hasSandboxImage(engine.host))) await install(['debootstrap'], options);
  await asPart(options.terminal, 'Sandbox image', async (part) => {
    const provider = createDockerProvider({ dockerHost: engine.host, installId: readInstallId(data.root) });
    try {
      const image = await provider.ensureImage((line) => part.note(line), signal);
      return { value: undefined, detail: image };
    } finally {
      await provider.close();
    }
  });
}

const imagesSchema = z.array(z.unknown());

/** Only a hint whether debootstrap will be needed: false also where the engine cannot be asked in this way. */
function hasSandboxImage(host: string): Promise<boolean> {
  const url = URL.parse(host);
  if (url === null || url.protocol !== 'unix:') return Promise.resolve(true);
  const filters = encodeURIComponent(JSON.stringify({ reference: ['threadsmith-sandbox'] }));
  return new Promise((resolve) => {
    const ask = request(
      { socketPath: decodeURIComponent(url.pathname), path: `/images/json?filters=${filters}` },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.once('end', () => resolve((imagesSchema.safeParse(parseJson(body)).data ?? []).length > 0));
      },
    );
    ask.once('error', () => resolve(false));
    ask.end();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// The runtime that a configuration asks for: an engine without it starts nothing.
import type Docker from 'dockerode';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import { connectEngine, type EngineOptions, withEngine } from './engine.ts';

const infoSchema = z.object({ Runtimes: z.record(z.string(), z.unknown()).nullish() });

/** Throws `sandbox_refused` where the engine does not have the runtime; `engine_unreachable` where it is away. */
export async function requireRuntime(engine: EngineOptions, runtime: string): Promise<void> {
  const docker = connectEngine(engine);
  return withEngine(() => requireRuntimeOf(docker, runtime));
}

export async function requireRuntimeOf(docker: Docker, runtime: string): Promise<void> {
  const { Runtimes } = infoSchema.parse(await docker.info());
  const known = Object.keys(Runtimes ?? {});
  if (known.includes(runtime)) return;
  throw new ThreadsmithError(
    'sandbox_refused',
    `The configuration asks for the runtime ${runtime}, which the Docker Engine does not have (it has ${known.join(', ')}).`,
    `Register ${runtime} with the engine, or take sandbox.runtime out of the configuration; nothing was run.`,
  );
}

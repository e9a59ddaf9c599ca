// From asking for a sandbox to the end of its first command: from the warm pool, and cold from the snapshot;
// beside `docker run` and a first `docker exec`.
import type { SandboxGround } from './ground.ts';
import { inTurns, type Pair } from './samples.ts';

/** One that waits is claimed; the next sample begins when another waits. */
export async function measureWarmClaims(ground: SandboxGround, count: number): Promise<Pair> {
  const { provider, image } = ground;
  const pair = await inTurns(
    count,
    async (index) => {
      await provider.warm({ image }, 1);
      const durationMs = await open(ground, `warm-${index}`);
      await provider.remove(`warm-${index}`);
      return durationMs;
    },
    () => runAndExec(ground),
  );
  await provider.warm({ image }, 0);
  return pair;
}

/** None waits: the container is made when it is asked for. */
export function measureColdClaims(ground: SandboxGround, count: number): Promise<Pair> {
  return inTurns(
    count,
    async (index) => {
      const durationMs = await open(ground, `cold-${index}`);
      await ground.provider.remove(`cold-${index}`);
      return durationMs;
    },
    () => runAndExec(ground),
  );
}

/** Opens a sandbox and runs a command in it; how long both took together, in ms. The sandbox stays. */
export async function open({ provider, image }: SandboxGround, key: string): Promise<number> {
  const startedAt = performance.now();
  const sandbox = await provider.open({ key, image });
  await sandbox.run({ id: 'first', argv: ['true'] });
  const durationMs = performance.now() - startedAt;
  await sandbox.close();
  return durationMs;
}

async function runAndExec(ground: SandboxGround): Promise<number> {
  const startedAt = performance.now();
  const bare = await ground.runBare();
  await bare.exec('true');
  const durationMs = performance.now() - startedAt;
  await bare.remove();
  return durationMs;
}

// What changes from one open sandbox to twenty: the memory of each, a command, a claim.
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { open } from './claims.ts';
import type { SandboxGround } from './ground.ts';
import { median, timed } from './samples.ts';

export interface Load {
  /** Mean over the open sandboxes. */
  readonly memoryMb: number;
  readonly commandMs: number;
  readonly claimMs: number;
}

export interface Growth {
  readonly one: Load;
  readonly many: Load;
}

/** Opens sandboxes up to `many`, and measures with one and with all of them. They are removed in the end. */
export async function measureGrowth(ground: SandboxGround, many: number, samples: number): Promise<Growth> {
  const { provider, image } = ground;
  const sandboxes: Sandbox[] = [];
  const openNext = async () =>
    void sandboxes.push(await provider.open({ key: `growth-${sandboxes.length}`, image }));
  try {
    await openNext();
    const one = await measure(ground, sandboxes, samples);
    while (sandboxes.length < many) await openNext();
    return { one, many: await measure(ground, sandboxes, samples) };
  } finally {
    for (const sandbox of sandboxes) {
      await sandbox.close();
      await provider.remove(sandbox.key);
    }
  }
}

async function measure(ground: SandboxGround, sandboxes: readonly Sandbox[], samples: number): Promise<Load> {
  const { provider, image } = ground;
  let memory = 0;
  for (const { key } of sandboxes) memory += await ground.memoryMb(key);
  const commands: number[] = [];
  for (let index = 0; index < samples * 4; index += 1) {
    const sandbox = sandboxes[index % sandboxes.length];
    const id = `growth-${sandboxes.length}-${index}`;
    if (sandbox !== undefined) commands.push(await timed(() => sandbox.run({ id, argv: ['true'] })));
  }
  const claims: number[] = [];
  for (let index = 0; index < samples; index += 1) {
    await provider.warm({ image }, 1);
    claims.push(await open(ground, 'claimed'));
    await provider.remove('claimed');
  }
  await provider.warm({ image }, 0);
  return { memoryMb: memory / sandboxes.length, commandMs: median(commands), claimMs: median(claims) };
}

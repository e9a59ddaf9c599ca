// What a sandbox costs, each figure beside the same work in a bare container of the same image, measured in turns
// in the same run. Only the ratio of the two carries over to another machine.
import type { Figure } from '../report/figure.ts';
import { measureColdClaims, measureWarmClaims } from './claims.ts';
import type { SandboxGround } from './ground.ts';
import { measureGrowth } from './growth.ts';
import { measureCommands, measureFiles } from './inside.ts';
import { measurePictures } from './pictures.ts';
import { median, type Pair, percentile } from './samples.ts';

/** How often each thing is done; the shape of what is printed does not depend on it. */
export interface SampleCounts {
  readonly commands: number;
  readonly files: number;
  readonly warmClaims: number;
  readonly coldClaims: number;
  /** Fresh browsers, and further pictures in each. */
  readonly browsers: number;
  readonly pictures: number;
  readonly sandboxes: number;
  readonly underLoad: number;
}

export const FULL: SampleCounts = {
  commands: 100,
  files: 15,
  warmClaims: 40,
  coldClaims: 15,
  browsers: 6,
  pictures: 8,
  sandboxes: 20,
  underLoad: 10,
};

/** Enough to see that everything is measured. */
export const SHORT: SampleCounts = {
  commands: 2,
  files: 1,
  warmClaims: 1,
  coldClaims: 1,
  browsers: 1,
  pictures: 1,
  sandboxes: 2,
  underLoad: 1,
};

/** The figures of the sandbox, as they are measured. */
export async function* benchSandbox(ground: SandboxGround, counts: SampleCounts): AsyncIterable<Figure> {
  const { provider, image } = ground;
  const sandbox = await provider.open({ key: 'inside', image });
  const bare = await ground.runBare();
  try {
    yield {
      name: 'sandbox.idle_mb',
      value: await ground.memoryMb('inside'),
      unit: 'MB',
      baseline: await ground.memoryMb(bare),
    };
    yield inMs('command.p50_ms', await measureCommands(sandbox, bare, counts.commands), median);
    const files = await measureFiles(sandbox, bare, counts.files);
    yield inMs('file.write_10mb_ms', files.write, median);
    yield inMs('file.read_10mb_ms', files.read, median);
  } finally {
    await bare.remove();
    await sandbox.close();
    await provider.remove('inside');
  }
  const p95 = (samples: readonly number[]) => percentile(samples, 0.95);
  yield inMs('sandbox.claim_warm_p95_ms', await measureWarmClaims(ground, counts.warmClaims), p95);
  yield inMs('sandbox.cold_ms', await measureColdClaims(ground, counts.coldClaims), median);
  const pictures = await measurePictures(ground, counts.browsers, counts.pictures);
  yield inMs('browser.first_screenshot_ms', pictures.first, median);
  yield inMs('browser.next_screenshot_ms', pictures.next, median);
  const { one, many } = await measureGrowth(ground, counts.sandboxes, counts.underLoad);
  yield { name: 'growth.sandbox_mb', value: many.memoryMb, unit: 'MB', baseline: one.memoryMb };
  yield { name: 'growth.command_ms', value: many.commandMs, unit: 'ms', baseline: one.commandMs };
  yield { name: 'growth.claim_warm_ms', value: many.claimMs, unit: 'ms', baseline: one.claimMs };
}

function inMs(name: string, pair: Pair, of: (samples: readonly number[]) => number): Figure {
  return { name, value: of(pair.product), unit: 'ms', baseline: of(pair.baseline) };
}

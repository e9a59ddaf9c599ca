// What an open sandbox costs in use, beside the same in a bare container: a command, and ten megabytes in and out.
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { TEMP_DIR } from '../../sandbox/image/recipe.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import type { BareContainer } from './bare-container.ts';
import { inTurns, type Pair, timed } from './samples.ts';

const FILE_BYTES = 10 * 1024 ** 2;
const WARM_UP = 5;

/** A command that does nothing, beside `docker exec` of it. */
export async function measureCommands(sandbox: Sandbox, bare: BareContainer, count: number): Promise<Pair> {
  let ran = 0;
  const run = () => timed(() => sandbox.run({ id: `command-${(ran += 1)}`, argv: ['true'] }));
  const exec = () => timed(() => bare.exec('true'));
  await inTurns(WARM_UP, run, exec);
  return inTurns(count, run, exec);
}

export interface FilePairs {
  readonly write: Pair;
  readonly read: Pair;
}

/** A file of random bytes, beside `tar` through `docker exec`. */
export async function measureFiles(sandbox: Sandbox, bare: BareContainer, count: number): Promise<FilePairs> {
  const content = randomBytes(FILE_BYTES);
  const path = `${TEMP_DIR}/file`;
  const tar = pack();
  tar.entry({ name: 'file' }, content);
  tar.finalize();
  const packed = await buffer(tar);
  const write = () => timed(() => sandbox.write(path, content));
  const untar = () => timed(() => bare.feed(['tar', '-x', '-C', TEMP_DIR], packed));
  await inTurns(1, write, untar);
  const written = await inTurns(count, write, untar);
  let got: Uint8Array = new Uint8Array();
  const read = () => timed(async () => (got = await sandbox.read(path, FILE_BYTES)));
  const fetched = () => timed(() => bare.fetch(['tar', '-c', '-C', TEMP_DIR, 'file']));
  const readPair = await inTurns(count, read, fetched);
  if (!content.equals(got)) throw new Error('the file that was read is not the one that was written');
  return { write: written, read: readPair };
}

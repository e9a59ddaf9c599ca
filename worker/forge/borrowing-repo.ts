// A throw-away bare repo that borrows the objects of a mirror: refs and packs in it do not touch the mirror.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROKEN, git } from './git.ts';

/** Makes the repo, runs `work` with its folder, and removes it. Settles as `work` does. */
export async function inBorrowingRepo<T>(mirror: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'threadsmith-repo-'));
  try {
    await git(['init', '-q', '--bare', '--template=', folder], BROKEN);
    await mkdir(join(folder, 'objects', 'info'), { recursive: true });
    await writeFile(join(folder, 'objects', 'info', 'alternates'), `${join(mirror, 'objects')}\n`);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

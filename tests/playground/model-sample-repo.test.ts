// The sample repo as it is created: its history, its files, and the bug that everybody sees.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createSampleRepo, sampleFilesDir } from '../../playground/sample-repo/create.ts';
import { shell } from './model-player.ts';

let base = '';
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'threadsmith-create-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

describe('creating the sample repo', () => {
  it('gives the same commits each time, on main, with every file of the shop', async () => {
    const one = await createSampleRepo(join(base, 'one.git'));
    const two = await createSampleRepo(join(base, 'deep', 'two.git'));
    expect(one.created && two.created).toBe(true);
    expect(one.head).toBe(two.head);
    const { output } = await shell(
      one.path,
      'git symbolic-ref HEAD; git rev-list --count main; git fsck --strict',
    );
    expect(output).toMatch(/^refs\/heads\/main\n[5-9]\n/);
    const listed = (await shell(one.path, 'git ls-tree -r --name-only main')).output.split('\n');
    const onDisk = await readdir(sampleFilesDir, { recursive: true, withFileTypes: true });
    expect(listed.filter((path) => path !== '' && !path.startsWith('exit code'))).toHaveLength(
      onDisk.filter((entry) => entry.isFile()).length,
    );
  });

  it('leaves a repo that is there as it is', async () => {
    const { path, head } = await createSampleRepo(join(base, 'kept.git'));
    await shell(path, `git update-ref refs/heads/main ${head}~1`);
    const again = await createSampleRepo(path);
    expect(again.created).toBe(false);
    expect(again.head).not.toBe(head);
  });

  it('refuses a folder with other files and leaves nothing behind', async () => {
    const dir = join(base, 'taken');
    await mkdir(dir);
    await writeFile(join(dir, 'note.txt'), 'mine');
    await expect(createSampleRepo(dir)).rejects.toMatchObject({ code: 'not_a_repo' });
    expect((await readdir(base)).filter((name) => name.includes('building'))).toEqual([]);
  });

  it('gives one repo to two callers at once', async () => {
    const path = join(base, 'raced.git');
    const both = await Promise.all([createSampleRepo(path), createSampleRepo(path)]);
    expect(both[0]?.head).toBe(both[1]?.head);
    expect(both.filter((repo) => repo.created)).toHaveLength(1);
    expect((await readdir(base)).filter((name) => name.includes('building'))).toEqual([]);
  });

  it('has one failing test, the one about the total, and describes its checks', async () => {
    const { path } = await createSampleRepo(join(base, 'one.git'));
    const dir = join(base, 'checkout');
    await shell(base, `git clone -q ${path} ${dir}`);
    const tests = await shell(dir, 'npm test');
    expect(tests.status).toBe(1);
    expect(tests.output).toMatch(/fail 1\n/);
    expect(tests.output).toContain('✖ the total is the sum of the line totals');
    expect((await shell(dir, 'npm run lint')).status).toBe(0);
    const config: unknown = parse(await readFile(join(dir, '.threadsmith.yaml'), 'utf8'));
    expect(config).toMatchObject({
      setup: [],
      checks: [{ name: 'tests', run: 'npm test' }, { name: 'lint' }],
      serve: { run: 'npm start', port: 3000 },
      pages: [{ path: '/' }, { path: '/cart' }],
    });
  });
});

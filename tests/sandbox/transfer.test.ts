// Files out of a sandbox, read as an attacker would have made them, and in.
import { Readable } from 'node:stream';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { putTree, readTree, takeFiles } from '../../sandbox/transfer.ts';
import { openTestEngine } from './engine.ts';

type Entry = { name: string; type?: NonNullable<Header['type']>; linkname?: string; mode?: number };

async function tarOf(entries: readonly (Entry & { content?: string | Buffer })[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) {
    const isFile = header.type === undefined || header.type === 'contiguous-file';
    if (isFile) tar.entry(header, content);
    else tar.entry(header);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of Readable.from(tar)) parts.push(part);
  return Buffer.concat(parts);
}

const limits = { maxEntries: 5, maxFileBytes: 1000, maxTotalBytes: 2000 };

describe('a tar from a sandbox', () => {
  test('its regular files are taken', async () => {
    const tar = await tarOf([
      { name: 'report', type: 'directory' },
      { name: './report/a.txt', content: 'one' },
      { name: 'report/empty' },
    ]);
    const files = await readTree(tar, limits);
    expect(files.map(({ path, content }) => [path, Buffer.from(content).toString()])).toEqual([
      ['report/a.txt', 'one'],
      ['report/empty', ''],
    ]);
  });

  test.each<[string, (Entry & { content?: string | Buffer })[]]>([
    ['a symbolic link', [{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a hard link', [{ name: 'a', type: 'link', linkname: '../../x' }]],
    ['a fifo', [{ name: 'a', type: 'fifo' }]],
    ['a character device', [{ name: 'a', type: 'character-device' }]],
    ['a block device', [{ name: 'a', type: 'block-device' }]],
    ['a contiguous file', [{ name: 'a', type: 'contiguous-file' }]],
    ['an absolute path', [{ name: '/etc/cron.d/x', content: 'x' }]],
    ['a path out of the folder', [{ name: 'a/../../x', content: 'x' }]],
    ['a hidden path out of the folder', [{ name: './../x', content: 'x' }]],
    ['a backslash', [{ name: 'a\\..\\x', content: 'x' }]],
    ['a line break in a name', [{ name: 'a\nb', content: 'x' }]],
    ['a name that is too long', [{ name: 'x'.repeat(300), content: 'x' }]],
    ['an empty part', [{ name: 'a//b', content: 'x' }]],
    [
      'the same name twice',
      [
        { name: 'a', content: '1' },
        { name: './a', content: '2' },
      ],
    ],
    [
      'names that differ in case only',
      [
        { name: 'A', content: '1' },
        { name: 'a', content: '2' },
      ],
    ],
    ['a file that is too large', [{ name: 'a', content: 'x'.repeat(1001) }]],
    ['too much together', [0, 1, 2].map((index) => ({ name: `f${index}`, content: 'x'.repeat(900) }))],
    ['too many entries', Array.from({ length: 6 }, (_, index) => ({ name: `f${index}` }))],
  ])('%s is refused', async (_what, entries) => {
    await expect(readTree(await tarOf(entries), limits)).rejects.toMatchObject({ code: 'artifact_refused' });
  });

  test('one that is cut off or no tar at all is refused', async () => {
    const whole = await tarOf([{ name: 'a', content: 'x'.repeat(900) }]);
    await expect(readTree(whole.subarray(0, 700), limits)).rejects.toMatchObject({
      code: 'artifact_refused',
    });
    await expect(readTree(Buffer.alloc(2048, 'junk'), limits)).rejects.toMatchObject({
      code: 'artifact_refused',
    });
  });
});

describe('files of a real sandbox', () => {
  const engine = openTestEngine();
  let sandbox: Sandbox;

  beforeAll(async () => {
    const image = await engine.provider.ensureImage(() => {});
    sandbox = await engine.provider.open({ key: 'transfer', image });
  });
  afterAll(async () => {
    await engine.provider.remove('transfer');
    await engine.close();
  });

  const sh = (line: string) => sandbox.run({ id: line, argv: ['bash', '-c', line] });

  test('what goes in comes out', async () => {
    await putTree(
      sandbox,
      await tarOf([
        { name: 'dir/one.txt', content: '1' },
        { name: 'two.txt', content: '2' },
      ]),
    );
    const files = await takeFiles(sandbox, ['dir', 'two.txt', 'not-there']);
    expect(files.map(({ path }) => path)).toEqual(['dir/one.txt', 'two.txt']);
  });

  test('a link to a file outside is refused, not followed', async () => {
    await sh('mkdir -p links; ln -s /etc/passwd links/passwd');
    await expect(takeFiles(sandbox, ['links'])).rejects.toMatchObject({ code: 'artifact_refused' });
  });

  test('sparse files of gigabytes are refused quickly', async () => {
    await sh('mkdir -p sparse; truncate -s 3G sparse/a; truncate -s 3G sparse/b');
    const startedAt = performance.now();
    await expect(takeFiles(sandbox, ['sparse'])).rejects.toMatchObject({
      code: expect.stringMatching(/refused|too_large/),
    });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test('a folder of very many files is refused', async () => {
    await sh('mkdir -p many; cd many; seq 5000 | xargs touch');
    await expect(takeFiles(sandbox, ['many'])).rejects.toMatchObject({ code: 'artifact_refused' });
  });

  test('asking for a path out of the folder is refused before anything runs', async () => {
    for (const path of ['/etc/passwd', '../home', 'a/../../b']) {
      await expect(takeFiles(sandbox, [path])).rejects.toMatchObject({ code: 'artifact_refused' });
    }
  });
});

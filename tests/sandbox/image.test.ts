// How the image is made: where its packages come from, what is in it, and that two builders do not collide.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withBuildLock } from '../../sandbox/image/build-lock.ts';
import { findDebianMirrors, sourcesList } from '../../sandbox/image/debian-mirrors.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { openTestEngine } from './engine.ts';

describe('Debian mirrors', () => {
  const roots: string[] = [];
  const machine = (files: Record<string, string>): string => {
    const root = mkdtempSync(join(tmpdir(), 'threadsmith-mirrors-'));
    roots.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  };
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true });
  });

  test('are those of a machine with one-line sources', () => {
    const root = machine({
      'etc/os-release': 'ID=debian\nVERSION_CODENAME=trixie\n',
      'etc/apt/sources.list':
        '# deb http://old.example/debian trixie main\ndeb [arch=amd64 signed-by=/x.gpg] https://mirror.example/debian/ trixie main contrib\ndeb-src http://src.example trixie main\ndeb http://mirror.example/security trixie-security main\n',
    });
    expect(findDebianMirrors(root)).toEqual({
      suite: 'trixie',
      mainUrl: 'https://mirror.example/debian',
      securityUrl: 'http://mirror.example/security',
    });
  });

  test('are those of a machine with stanzas', () => {
    const root = machine({
      'etc/os-release': 'PRETTY_NAME="Debian"\nVERSION_CODENAME=bookworm\nID=debian\n',
      'etc/apt/sources.list.d/off.sources':
        'Types: deb\nURIs: http://off.example\nSuites: bookworm\nEnabled: no\n',
      'etc/apt/sources.list.d/debian.sources':
        'Types: deb deb-src\nURIs: http://a.example/debian http://b.example\nSuites: bookworm bookworm-updates\nComponents: main\n\nTypes: deb\nURIs: http://a.example/security\nSuites: bookworm-security\nComponents: main\n',
    });
    const mirrors = findDebianMirrors(root);
    expect(mirrors).toEqual({
      suite: 'bookworm',
      mainUrl: 'http://a.example/debian',
      securityUrl: 'http://a.example/security',
    });
    expect(sourcesList(mirrors).split('\n')).toEqual([
      'deb http://a.example/debian bookworm main',
      'deb http://a.example/debian bookworm-updates main',
      'deb http://a.example/security bookworm-security main',
    ]);
  });

  test("are Debian's own on a machine of another kind, or of a release that was never tried", () => {
    const ubuntu = machine({
      'etc/os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n',
      'etc/apt/sources.list': 'deb http://archive.ubuntu.example/ubuntu noble main\n',
    });
    const publicName = {
      mainUrl: 'http://deb.debian.org/debian',
      securityUrl: 'http://deb.debian.org/debian-security',
    };
    expect(findDebianMirrors(ubuntu)).toEqual({ suite: 'bookworm', ...publicName });
    expect(findDebianMirrors(machine({}))).toMatchObject(publicName);
    const sid = machine({ 'etc/os-release': 'ID=debian\nVERSION_CODENAME=sid\n' });
    expect(findDebianMirrors(sid)).toMatchObject({ suite: 'bookworm' });
  });
});

describe('the build lock', () => {
  test('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 30));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withBuildLock('lock-test', work)));
    expect(most).toBe(1);
  });

  test('is free again after a failure', async () => {
    const failing = withBuildLock('lock-fail', () => Promise.reject(new Error('built badly')));
    await expect(failing).rejects.toThrow('built badly');
    expect(await withBuildLock('lock-fail', async () => 'built')).toBe('built');
  });

  test('of a dead process is taken over', async () => {
    const path = join(tmpdir(), `threadsmith-${process.getuid?.() ?? 0}-lock-dead.lock`);
    // Process 1 lives, but it was not born then; a file that was cut off names nobody.
    for (const left of [
      { pid: 4_194_305, born: '1', note: '' },
      { pid: 1, born: '123456789', note: '' },
      '',
    ]) {
      writeFileSync(path, JSON.stringify(left));
      expect(await withBuildLock('lock-dead', async () => 'mine')).toBe('mine');
    }
  });
});

describe('the image', () => {
  const engine = openTestEngine();
  let sandbox: Sandbox;
  let image = '';
  beforeAll(async () => {
    image = await engine.provider.ensureImage(() => {});
    sandbox = await engine.provider.open({ key: 'image', image });
  });
  afterAll(async () => {
    await engine.provider.remove('image');
    await engine.close();
  });

  test('is found again, without a word, by whoever asks at once', async () => {
    const lines: string[] = [];
    const again = await Promise.all(
      [1, 2, 3].map(() => engine.another().ensureImage((line) => lines.push(line))),
    );
    expect(again).toEqual([image, image, image]);
    expect(lines).toEqual([]);
  });

  test.each([
    ['node --version', process.version],
    ['npm --version', '11.'],
    ['npx --version', '11.'],
    ['git --version', 'git version 2'],
    ['rg --version', 'ripgrep'],
    ['python3 --version', 'Python 3'],
    ['curl --version', 'curl'],
    ['chromium --version', 'Chromium'],
    ['fc-list | grep -c -i dejavu', ''],
  ])('has what works: %s', async (line, expected) => {
    const result = await sandbox.run({ id: line, argv: ['bash', '-c', line] });
    expect(result.exitCode).toBe(0);
    expect(result.output.text).toContain(expected);
  });

  test('a package with a program of its own can be used', async () => {
    const line =
      'mkdir -p p/node_modules/.bin && cd p && echo "{\\"scripts\\":{\\"hi\\":\\"node -p 40+2\\"}}" > package.json && npm run -s hi';
    expect((await sandbox.run({ id: 'npm', argv: ['bash', '-c', line] })).output.text).toBe('42\n');
  });
});

test('an engine that does not answer is one plain sentence', async () => {
  const engine = openTestEngine({ dockerHost: 'unix:///nonexistent/docker.sock' });
  await expect(engine.provider.ensureImage(() => {})).rejects.toMatchObject({ code: 'engine_unreachable' });
  await expect(engine.provider.open({ key: 'x', image: 'y' })).rejects.toMatchObject({
    code: 'engine_unreachable',
  });
  const odd = (): unknown => openTestEngine({ dockerHost: 'ftp://x' });
  expect(odd).toThrow(expect.objectContaining({ code: 'config_invalid' }));
});

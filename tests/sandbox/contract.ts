// What every sandbox provider promises. Names none of them: a provider's own test file calls this.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ThreadsmithError } from '../../core/errors.ts';
import {
  REPO_DIR,
  type Sandbox,
  type SandboxProvider,
  type SnapshotSpec,
} from '../../sandbox/port/sandbox.ts';

export interface ProviderUnderTest {
  provider(): SandboxProvider;
  /** A second one on the same installation, as another worker process has it. */
  another(): SandboxProvider;
}

const shell = (line: string): readonly string[] => ['bash', '-c', line];
const id = (): string => randomUUID();

/** Declares the contract's tests. */
export function sandboxContract(underTest: ProviderUnderTest): void {
  let image = '';
  const keys = new Set<string>();
  const open = async (key: string, provider = underTest.provider()): Promise<Sandbox> => {
    keys.add(key);
    return provider.open({ key, image });
  };

  beforeAll(async () => {
    image = await underTest.provider().ensureImage(() => {});
  });

  afterAll(async () => {
    for (const key of keys) await underTest.provider().remove(key);
    await underTest.provider().warm({ image, limits: { memoryBytes: 512 * 1024 ** 2 } }, 0);
    expect(await underTest.provider().list()).toEqual([]);
  });

  describe('opening', () => {
    test('the same key is the same sandbox, with its files, and the second time it is not fresh', async () => {
      const first = await open('same');
      expect(first.fresh).toBe(true);
      await first.write('kept.txt', Buffer.from('kept'));
      await first.close();
      const second = await open('same', underTest.another());
      expect(second.fresh).toBe(false);
      expect(Buffer.from(await second.read('kept.txt', 100)).toString()).toBe('kept');
    });

    test('two workers that open a key at once end up in one sandbox', async () => {
      const [one, two] = await Promise.all([open('twice'), open('twice', underTest.another())]);
      expect([one.fresh, two.fresh].filter(Boolean)).toHaveLength(1);
      await one.write('/work/repo/from-one', Buffer.from('1'));
      expect(Buffer.from(await two.read('from-one', 10)).toString()).toBe('1');
    });

    test('a sandbox is listed until it is removed, and removing it again is no error', async () => {
      await open('listed');
      expect(await underTest.provider().list()).toContain('listed');
      await underTest.provider().remove('listed');
      expect(await underTest.provider().list()).not.toContain('listed');
      await underTest.provider().remove('listed');
    });

    test('a removed sandbox is lost to whoever has it, and opens empty again', async () => {
      const gone = await open('gone');
      await gone.write('file', Buffer.from('x'));
      await underTest.provider().remove('gone');
      await expect(gone.run({ id: id(), argv: ['true'] })).rejects.toMatchObject({ code: 'sandbox_lost' });
      const again = await open('gone');
      expect(again.fresh).toBe(true);
      await expect(again.read('file', 10)).rejects.toMatchObject({ code: 'path_refused' });
    });

    test('an image that does not exist says so', async () => {
      const opening = underTest.provider().open({ key: 'no-image', image: 'threadsmith-sandbox:missing' });
      await expect(opening).rejects.toMatchObject({ code: 'image_missing' });
      expect(await underTest.provider().list()).not.toContain('no-image');
    });

    test('a newer claim shuts an older one out', async () => {
      keys.add('fenced');
      const older = await underTest.provider().open({ key: 'fenced', image, fence: 3 });
      const newer = await underTest.another().open({ key: 'fenced', image, fence: 4 });
      await expect(older.run({ id: id(), argv: ['true'] })).rejects.toMatchObject({ code: 'sandbox_lost' });
      const reopened = underTest.another().open({ key: 'fenced', image, fence: 3 });
      await expect(reopened).rejects.toMatchObject({ code: 'lease_lost' });
      expect((await newer.run({ id: id(), argv: ['true'] })).exitCode).toBe(0);
    });
  });

  describe('a paused sandbox', () => {
    test('stands still, and goes on where it was when it is opened', async () => {
      const sandbox = await open('paused');
      await sandbox.start({ id: 'ticks', argv: shell('while :; do echo tick >> ticks; sleep 0.05; done') });
      await sandbox.close();
      await underTest.provider().pause('paused');
      await underTest.provider().pause('paused');
      const awake = await open('paused', underTest.another());
      expect(awake.fresh).toBe(false);
      const count = async (): Promise<number> =>
        Number((await awake.run({ id: id(), argv: shell('wc -l < ticks') })).output.text);
      const before = await count();
      await expect.poll(count).toBeGreaterThan(before);
    });

    test('can be removed, and pausing one that is gone is no error', async () => {
      await open('paused-then-removed');
      await underTest.provider().pause('paused-then-removed');
      await underTest.provider().remove('paused-then-removed');
      await underTest.provider().pause('paused-then-removed');
      expect(await underTest.provider().list()).not.toContain('paused-then-removed');
    });
  });

  describe('sandboxes made in advance', () => {
    const limits = { memoryBytes: 512 * 1024 ** 2 };
    const claim = async (key: string, provider: SandboxProvider, fence = 0): Promise<Sandbox> => {
      keys.add(key);
      return provider.open({ key, image, limits, fence });
    };
    test('are not listed, and are fresh and empty when they are opened', async () => {
      const provider = underTest.provider();
      const listed = await provider.list();
      await provider.warm({ image, limits }, 2);
      expect(await provider.list()).toEqual(listed);
      const [one, two] = await Promise.all([claim('warm-1', provider, 5), claim('warm-2', provider)]);
      expect([one.fresh, two.fresh]).toEqual([true, true]);
      await one.write('only-here', Buffer.from('x'));
      await expect(two.read('only-here', 10)).rejects.toMatchObject({ code: 'path_refused' });
      expect(await provider.list()).toEqual(expect.arrayContaining(['warm-1', 'warm-2']));
      await expect(claim('warm-1', underTest.another(), 4)).rejects.toMatchObject({ code: 'lease_lost' });
      const again = await claim('warm-1', underTest.another(), 6);
      expect(again.fresh).toBe(false);
      expect(Buffer.from(await again.read('only-here', 10)).toString()).toBe('x');
    });

    test('serve two workers that open one key at once with one sandbox', async () => {
      const provider = underTest.provider();
      await provider.warm({ image, limits }, 2);
      const [one, two] = await Promise.all([
        claim('warm-both', provider),
        claim('warm-both', underTest.another()),
      ]);
      expect([one.fresh, two.fresh].filter(Boolean)).toHaveLength(1);
      await one.write('shared', Buffer.from('1'));
      expect(Buffer.from(await two.read('shared', 10)).toString()).toBe('1');
    });

    test('are found by the next worker', async () => {
      const first = underTest.another();
      await first.warm({ image, limits }, 1);
      await first.close();
      const next = underTest.another();
      await next.warm({ image, limits }, 1);
      expect(await claim('warm-next', next)).toMatchObject({ fresh: true });
      await next.warm({ image, limits }, 0);
      await next.close();
    });

    test('are not given to who asks for other limits', async () => {
      await underTest.provider().warm({ image, limits }, 1);
      keys.add('warm-other');
      const other = await underTest
        .provider()
        .open({ key: 'warm-other', image, limits: { memoryBytes: 600 * 1024 ** 2 } });
      expect(other.fresh).toBe(true);
      const { output } = await other.run({
        id: id(),
        argv: shell('cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null'),
      });
      expect(Number(output.text)).toBe(600 * 1024 ** 2);
    });
  });

  describe('commands', () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await open('commands');
    });

    test('a command has its exit code and its output, both streams in order', async () => {
      const result = await sandbox.run({
        id: id(),
        argv: shell('echo one; echo two >&2; echo three; exit 7'),
      });
      expect(result).toMatchObject({ exitCode: 7, signal: null, timedOut: false });
      expect(result.output).toMatchObject({ text: 'one\ntwo\nthree\n', totalBytes: 14, truncated: false });
    });

    test('it starts in the repo, as somebody who is not root', async () => {
      const result = await sandbox.run({ id: id(), argv: shell('pwd; id -u') });
      expect(result.output.text).toBe(`${REPO_DIR}\n1000\n`);
    });

    test('folder, environment and input are as asked', async () => {
      const result = await sandbox.run({
        id: id(),
        argv: shell('pwd; echo "$COLOUR"; cat; cat /dev/null > /dev/stdout'),
        cwd: '/usr',
        env: { COLOUR: 'blue' },
        stdin: Buffer.from('typed\n'),
      });
      expect(result).toMatchObject({ exitCode: 0 });
      expect(result.output.text).toBe('/usr\nblue\ntyped\n');
    });

    test('the same id runs once, also at the same time, and gives the first result again', async () => {
      const command = { id: id(), argv: shell('echo ran >> count; sleep 0.3; cat count | wc -l') };
      const [one, two] = await Promise.all([sandbox.run(command), sandbox.run(command)]);
      const three = await sandbox.run({ ...command, argv: ['false'] });
      expect(two).toEqual(one);
      expect(three).toEqual(one);
      expect(one.output.text.trim()).toBe('1');
    });

    test('a worker that takes over gets the result of a command that goes on', async () => {
      const command = {
        id: id(),
        argv: shell('touch begun; until [ -e taken-over ]; do sleep 0.02; done; echo done'),
      };
      const first = await open('commands', underTest.another());
      const outcome = first.run(command).then(
        () => 'ended',
        (error: unknown) => (error instanceof ThreadsmithError ? error.code : error),
      );
      await expect.poll(() => sandbox.read('begun', 1)).toHaveLength(0);
      await first.close();
      expect(await outcome).toBe('sandbox_lost');
      const second = await open('commands', underTest.another());
      await second.write('taken-over', new Uint8Array());
      expect((await second.run(command)).output.text).toBe('done\n');
    });

    test('a command whose worker dies while it sends the input runs once, with all of it, for the next', async () => {
      for (const [attempt, bytes] of [6_000_000, 10, 1_000, 100_000].entries()) {
        const count = `fed-${attempt}`;
        const line = `cat > ${count}.in; echo ran >> ${count}; wc -c < ${count}.in; wc -l < ${count}`;
        const command = { id: id(), argv: shell(line), stdin: Buffer.alloc(bytes, 'x') };
        const first = await open('commands', underTest.another());
        const outcome = first.run(command).catch((error: unknown) => error);
        await first.close();
        await outcome;
        const second = await open('commands', underTest.another());
        const both = await Promise.all([second.run(command), second.run(command)]);
        expect(both.map(({ output }) => output.text)).toEqual([`${bytes}\n1\n`, `${bytes}\n1\n`]);
      }
    });

    test('a timeout ends the whole group, also what ignores a friendly signal or moved away', async () => {
      const mark = id();
      const line = `trap '' TERM; setsid sleep 1${mark.replace(/\D/g, '').slice(0, 6)} & sleep 300`;
      const result = await sandbox.run({ id: id(), argv: shell(line), timeoutMs: 300 });
      // What it waits for takes 300 s: it was ended.
      expect(result).toMatchObject({ exitCode: null, timedOut: true });
      // A killed process is there until it has been collected.
      await expect.poll(() => countOf(sandbox, '(setsid )?sleep')).toBe(0);
    });

    test('abort before a command has begun keeps it from beginning', async () => {
      // More than is sent without an answer: the command can't have all of its input yet, and so not have begun.
      const stdin = new Uint8Array(5_000_000);
      for (let round = 0; round < 10; round += 1) {
        const abort = new AbortController();
        const argv = shell(`touch /tmp/begun-${round}`);
        const running = sandbox.run({ id: id(), argv, stdin }, { signal: abort.signal });
        abort.abort();
        await expect(running).rejects.toMatchObject({ code: 'stopped' });
      }
      const look = shell('sleep 0.5; ls /tmp/begun-* 2>/dev/null | wc -l');
      expect((await sandbox.run({ id: id(), argv: look })).output.text).toBe('0\n');
    });

    test('abort throws `stopped` and ends the command', async () => {
      const abort = new AbortController();
      const running = sandbox.run(
        { id: id(), argv: shell('exec -a abortme sleep 300') },
        { signal: abort.signal },
      );
      running.catch(() => undefined);
      await expect.poll(() => countOf(sandbox, 'abortme')).toBe(1);
      abort.abort();
      await expect(running).rejects.toMatchObject({ code: 'stopped' });
      await expect.poll(() => countOf(sandbox, 'abortme')).toBe(0);
    });

    test('long output is cut in its middle, and the whole of it is in a file', async () => {
      const line = 'echo first; head -c 300000 /dev/zero | tr "\\0" x; echo; echo last';
      const result = await sandbox.run({ id: id(), argv: shell(line) }, { maxOutputBytes: 10_000 });
      expect(result.output).toMatchObject({ truncated: true, totalBytes: 300_012 });
      expect(result.output.text.length).toBeLessThan(10_300);
      expect(result.output.text).toMatch(/^first\nx+/);
      expect(result.output.text).toMatch(/x\nlast\n$/);
      expect((await sandbox.read(result.output.path, 400_000)).length).toBe(300_012);
    });

    test('output comes as it is written', async () => {
      const chunks: string[] = [];
      const line = 'echo early; while [ ! -e go ]; do sleep 0.02; done; echo late';
      const running = sandbox.run(
        { id: id(), argv: shell(line) },
        { onOutput: (chunk) => chunks.push(chunk) },
      );
      await expect.poll(() => chunks.join('')).toBe('early\n');
      await sandbox.write('go', new Uint8Array());
      expect((await running).output.text).toBe('early\nlate\n');
    });

    test('what a command leaves behind does not keep it from ending', async () => {
      const result = await sandbox.run({ id: id(), argv: shell('sleep 30 & echo started') });
      expect(result).toMatchObject({ exitCode: 0 });
      expect(result.output.text).toBe('started\n');
      expect(result.durationMs).toBeLessThan(5_000);
      await sandbox.run({ id: id(), argv: ['pkill', 'sleep'] });
    });

    test('bytes that are no text do not break anything', async () => {
      const result = await sandbox.run({ id: id(), argv: shell("printf 'a\\xff\\x00b'") });
      expect(result.output.totalBytes).toBe(4);
      expect(result.output.text).toBe('a\ufffd\0b');
    });

    test('what cannot be started says why', async () => {
      const missing = await sandbox.run({ id: id(), argv: ['no-such-program'] });
      expect(missing).toMatchObject({ exitCode: 127 });
      expect(missing.output.text).toContain('no-such-program');
      const nowhere = await sandbox.run({ id: id(), argv: ['true'], cwd: '/nowhere' });
      expect(nowhere.exitCode).not.toBe(0);
      expect(nowhere.output.text).toContain('/nowhere');
    });

    test('any text can be an id', async () => {
      const odd = `turn/1 ../../${'x'.repeat(300)} é`;
      const result = await sandbox.run({ id: odd, argv: ['echo', 'fine'] });
      expect(result.output.text).toBe('fine\n');
      expect(await sandbox.run({ id: odd, argv: ['false'] })).toEqual(result);
    });

    test('a signal reaches the group of a command that runs', async () => {
      const command = {
        id: id(),
        argv: shell("trap 'echo bye; exit 4' INT; touch trapped; while :; do sleep 0.05; done"),
      };
      const running = sandbox.run(command);
      await expect.poll(() => sandbox.read('trapped', 1)).toHaveLength(0);
      await sandbox.kill(command.id, 'SIGINT');
      expect(await running).toMatchObject({ exitCode: 4 });
      await sandbox.kill(command.id, 'SIGINT');
      await sandbox.kill('never-was', 'SIGTERM');
    });
  });

  describe('servers', () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await open('servers');
    });

    test('a started server goes on, is reached, and ends when it is told to', async () => {
      await sandbox.write('index.html', Buffer.from('<h1>served</h1>'));
      const server = { id: 'server', argv: ['python3', '-m', 'http.server', '3123'] };
      await sandbox.start(server);
      await sandbox.start(server);
      expect(await get(sandbox, 3123)).toContain('<h1>served</h1>');
      await sandbox.kill('server', 'SIGKILL');
      expect(await sandbox.run(server)).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
      await expect(sandbox.connect(3123, 100)).rejects.toMatchObject({ code: 'command_timeout' });
    });

    test('a connection waits for a listener that comes late', async () => {
      await sandbox.start({ id: 'late', argv: shell('sleep 0.7; exec python3 -m http.server 3124') });
      expect(await get(sandbox, 3124)).toContain('200 OK');
    });

    test('10 MB pass through a connection both ways, several at once', async () => {
      const echo =
        'import socket,threading\ns=socket.create_server(("127.0.0.1",3125))\ndef go(c):\n  while True:\n    d=c.recv(65536)\n    if not d: break\n    c.sendall(d)\n  c.shutdown(1)\nwhile True:\n  c,_=s.accept(); threading.Thread(target=go,args=(c,)).start()';
      await sandbox.start({ id: 'echo', argv: ['python3', '-c', echo] });
      const content = Buffer.alloc(10 * 1024 * 1024, 'threadsmith');
      const back = async (): Promise<Buffer> => {
        const stream = await sandbox.connect(3125, 30_000);
        stream.end(content);
        const parts: Buffer[] = [];
        for await (const part of stream) parts.push(part);
        return Buffer.concat(parts);
      };
      for (const copy of await Promise.all([back(), back(), back()])) expect(copy.equals(content)).toBe(true);
    });

    test('a slow reader of one connection holds up nothing else', async () => {
      await sandbox.start({ id: 'flood', argv: shell('yes | socat -u - TCP-LISTEN:3126,bind=127.0.0.1') });
      const stream = await sandbox.connect(3126, 30_000);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await sandbox.run({ id: id(), argv: ['echo', 'here'] })).output.text).toBe('here\n');
      stream.destroy();
    });
  });

  describe('files', () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await open('files');
    });

    test('10 MB of any bytes go in and come out the same', async () => {
      const content = Buffer.alloc(10 * 1024 * 1024);
      for (let index = 0; index < content.length; index += 4)
        content.writeUInt32LE((index * 2654435761) >>> 0, index);
      await sandbox.write('deep/down/big.bin', content);
      expect(Buffer.from(await sandbox.read('deep/down/big.bin', content.length)).equals(content)).toBe(true);
    });

    test('an empty file is a file', async () => {
      await sandbox.write('empty', new Uint8Array());
      expect((await sandbox.read('empty', 10)).length).toBe(0);
    });

    test('writing keeps the mode of a file that is there', async () => {
      await sandbox.run({ id: id(), argv: shell('echo old > script.sh; chmod 755 script.sh') });
      await sandbox.write('script.sh', Buffer.from('new'));
      const { output } = await sandbox.run({ id: id(), argv: shell('stat -c %a script.sh; cat script.sh') });
      expect(output.text).toBe('755\nnew');
    });

    test('a file over the bound is refused before it is sent', async () => {
      await sandbox.write('large', Buffer.alloc(1001));
      await expect(sandbox.read('large', 1000)).rejects.toMatchObject({ code: 'file_too_large' });
      await sandbox.run({ id: id(), argv: ['truncate', '-s', '2G', 'sparse'] });
      await expect(sandbox.read('sparse', 1000)).rejects.toMatchObject({ code: 'file_too_large' });
    });

    test.each([
      ['a missing file', 'missing'],
      ['a folder', '.'],
      ['a fifo', 'fifo'],
      ['a device', '/dev/zero'],
      ['a link to itself', 'loop'],
      ['a name with NUL', 'a\0b'],
      ['a name that is too long', 'x'.repeat(300)],
    ])('%s cannot be read', async (_what, path) => {
      await sandbox.run({ id: 'make-odd', argv: shell('mkfifo fifo; ln -s loop loop') });
      await expect(sandbox.read(path, 1000)).rejects.toMatchObject({ code: 'path_refused' });
    });

    test('writing where the sandbox may not write is refused', async () => {
      await expect(sandbox.write('/etc/passwd', Buffer.from('x'))).rejects.toMatchObject({
        code: 'path_refused',
      });
      await expect(sandbox.write('/proc/1/mem', Buffer.from('x'))).rejects.toMatchObject({
        code: 'path_refused',
      });
    });
  });

  describe('snapshots', () => {
    const files = (): Readable => {
      const tar = pack();
      tar.entry({ name: 'src/hello.txt' }, 'hello');
      tar.entry({ name: 'run.sh', mode: 0o755 }, '#!/bin/sh\necho ran');
      tar.finalize();
      return Readable.from(tar);
    };
    const specOf = (key: string, setup: readonly string[]): SnapshotSpec => ({
      series: `series-${key}`,
      key,
      alike: 'alike',
      files,
      setup,
      setupTimeoutMs: 60_000,
    });
    const snapshot = async (key: string, setup: readonly string[], signal?: AbortSignal): Promise<string> =>
      (await underTest.provider().snapshots.build(specOf(key, setup), () => {}, signal)).image;

    test('a sandbox of it has the files and what setup made, and no notes of how', async () => {
      const prepared = await snapshot('made', ['./run.sh > made.txt', 'echo x > ~/in-home']);
      keys.add('from-snapshot');
      const sandbox = await underTest.provider().open({ key: 'from-snapshot', image: prepared });
      const { output } = await sandbox.run({
        id: id(),
        argv: shell('cat src/hello.txt made.txt ~/in-home; ls -A /tmp $TMPDIR'),
      });
      expect(output.text).toBe('helloran\nx\n/tmp:\n\n/work/tmp:\n');
    });

    test('the same key is not built again', async () => {
      const image1 = await snapshot('cached', ['date +%N > stamp']);
      const lines: string[] = [];
      const { snapshots } = underTest.another();
      const again = await snapshots.build(specOf('cached', ['false']), (line) => lines.push(line));
      expect(again.image).toBe(image1);
      expect(await snapshots.list('series-cached')).toEqual([again]);
      expect(lines).toEqual([]);
    });

    test('the newest two of a series stay, a third while it is used, and a failed build takes none away', async () => {
      const { snapshots } = underTest.provider();
      const build = (key: string, setup: readonly string[] = ['true'], anew = false) =>
        snapshots.build({ ...specOf(key, setup), series: 'generations', anew }, () => {});
      const first = await build('one');
      keys.add('of-the-first');
      const sandbox = await underTest.provider().open({ key: 'of-the-first', image: first.image });
      const rest = [await build('two'), await build('two', ['true'], true), await build('three')];
      await expect(build('four', ['false'])).rejects.toMatchObject({ code: 'setup_failed' });
      const [, again, third] = rest;
      expect(await snapshots.list('generations')).toEqual([third, again, first]);
      await sandbox.close();
      await underTest.provider().remove('of-the-first');
      const last = await build('five');
      expect(await snapshots.list('generations')).toEqual([last, third]);
    });

    test('a failing line says which one and how, and leaves no image', async () => {
      const failing = snapshot('failing', ['echo fine', 'echo the reason; exit 3', 'echo never']);
      await expect(failing).rejects.toMatchObject({ code: 'setup_failed' });
      await expect(failing).rejects.toThrow(/the reason/);
      await expect(snapshot('failing', ['exit 4'])).rejects.toMatchObject({ code: 'setup_failed' });
    });

    test('setup that does not end is ended', async () => {
      const spec = { ...specOf('hanging', ['sleep 300']), setupTimeoutMs: 500 };
      const hanging = underTest.provider().snapshots.build(spec, () => {});
      await expect(hanging).rejects.toMatchObject({ code: 'setup_failed' });
    });

    test('abort ends it', async () => {
      const abort = new AbortController();
      const building = snapshot('aborted', ['sleep 300'], abort.signal);
      setTimeout(() => abort.abort(), 1_500);
      await expect(building).rejects.toMatchObject({ name: 'AbortError' });
    });
  });
}

async function countOf(sandbox: Sandbox, name: string): Promise<number> {
  const { output } = await sandbox.run({ id: id(), argv: shell(`pgrep -cf '^${name}' || true`) });
  return Number(output.text.trim());
}

async function get(sandbox: Sandbox, port: number): Promise<string> {
  const stream = await sandbox.connect(port, 30_000);
  stream.write('GET / HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

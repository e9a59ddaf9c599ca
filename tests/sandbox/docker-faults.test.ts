// What is killed, frozen or filled up in a Docker sandbox, and how it comes back.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { openTestEngine } from './engine.ts';

const engine = openTestEngine();
const GB = 1024 ** 3;
const KEY = 'faults';
let image = '';
let sandbox: Sandbox;
let ids = 0;

const shell = (line: string) => {
  ids += 1;
  return { id: `c${ids}`, argv: ['bash', '-c', line] };
};
const reopen = async (): Promise<Sandbox> => engine.another().open({ key: KEY, image });

beforeAll(async () => {
  image = await engine.provider.ensureImage(() => {});
});
beforeEach(async () => {
  sandbox = await engine.provider.open({
    key: KEY,
    image,
    limits: { memoryBytes: GB, diskBytes: GB / 2, pids: 200 },
  });
});
afterAll(async () => {
  await engine.provider.remove(KEY);
  await engine.close();
});

describe('a sandbox comes back with its files', () => {
  beforeEach(async () => {
    await sandbox.write('work.txt', Buffer.from('unsaved work'));
  });

  const filesOf = async (again: Sandbox): Promise<[boolean, string]> => {
    const text = Buffer.from(await again.read('work.txt', 100)).toString();
    await again.close();
    return [again.fresh, text];
  };
  const same = [false, 'unsaved work'];

  test('after its toolhost was killed from inside', async () => {
    const running = sandbox.run(shell('pkill -9 -f toolhost/main.mjs; sleep 60'));
    await expect(running).rejects.toMatchObject({ code: 'sandbox_lost' });
    expect(await filesOf(await reopen())).toEqual(same);
  });

  test('after its container was killed', async () => {
    const running = sandbox.run(shell('sleep 60')).catch((error: unknown) => error);
    await engine.container(KEY).kill();
    expect(await running).toMatchObject({ code: 'sandbox_lost' });
    expect(await filesOf(await reopen())).toEqual(same);
  });

  test('after it was paused', async () => {
    await sandbox.close();
    await engine.container(KEY).pause();
    expect(await filesOf(await reopen())).toEqual(same);
  });

  test('after only its relay was killed, while a command went on', async () => {
    const relays = async (): Promise<string> =>
      (await sandbox.run(shell('pgrep -cx socat'))).output.text.trim();
    // Those of the tests before end a moment after their connection did.
    await expect.poll(relays).toBe('1');
    const command = shell('until [ -e go-on ]; do sleep 0.05; done; echo whole');
    const cut = sandbox.run(command).catch((error: unknown) => error);
    const other = await reopen();
    expect(await relays()).toBe('2');
    await other.run(shell('pkill -9 -o socat'));
    expect(await cut).toMatchObject({ code: 'sandbox_lost' });
    const again = await reopen();
    await again.write('go-on', new Uint8Array());
    expect((await again.run(command)).output.text).toBe('whole\n');
    expect(await filesOf(again)).toEqual(same);
    await other.close();
  });

  test('after its toolhost was frozen', async () => {
    await sandbox.close();
    const { exitCode } = await execInside(['pkill', '-STOP', '-f', 'toolhost/main.mjs']);
    expect(exitCode).toBe(0);
    expect(await filesOf(await reopen())).toEqual(same);
  });

  test('after a fork bomb', async () => {
    const bomb = shell('f() { f | f & }; f; sleep 2');
    const ended = await sandbox.run({ ...bomb, timeoutMs: 3_000 }).catch((error: unknown) => error);
    expect(ended).toBeDefined();
    await sandbox.close();
    await engine.container(KEY).restart({ t: 0 });
    expect(await filesOf(await reopen())).toEqual(same);
  });
});

test('a command that was cut off by a restart does not run again', async () => {
  const command = shell('echo ran >> runs; echo partial; sleep 60');
  const cut = sandbox.run(command).catch((error: unknown) => error);
  // What the toolhost has written down of it.
  await expect
    .poll(
      async () =>
        (await sandbox.run(shell(`cat runs /work/.toolhost/commands/${command.id}/output`))).output.text,
    )
    .toBe('ran\npartial\n');
  await engine.container(KEY).restart({ t: 0 });
  expect(await cut).toMatchObject({ code: 'sandbox_lost' });
  const again = await reopen();
  expect(await again.run(command)).toMatchObject({
    exitCode: null,
    signal: 'SIGKILL',
    output: { text: 'partial\n' },
  });
  expect((await again.run(shell('wc -l < runs'))).output.text.trim()).toBe('1');
});

test('results from before a restart are still there', async () => {
  const command = shell('echo earlier; exit 5');
  const before = await sandbox.run(command);
  await engine.container(KEY).restart({ t: 0 });
  expect(await (await reopen()).run(command)).toEqual(before);
});

test('a command that uses up the memory is killed, and the toolhost is not', async () => {
  const greedy = await sandbox.run(shell('python3 -c "x = bytearray(3 * 2**30)"; echo "exit $?"; exit 1'));
  expect(greedy.exitCode).not.toBe(0);
  expect((await sandbox.run(shell('echo alive'))).output.text).toBe('alive\n');
});

test('a command that fills the disk is stopped, says so, and the files can be removed', async () => {
  const line = 'for i in $(seq 100); do head -c 50M /dev/zero > fill-$i || exit; sleep 0.05; done; sleep 30';
  const filling = await sandbox.run({ ...shell(line), timeoutMs: 60_000 });
  expect(filling).toMatchObject({ timedOut: false });
  expect(filling.output.text).toContain('over its limit of 512 MB');
  const more = await sandbox.run({
    ...shell('head -c 100M /dev/zero > fill-more; sleep 30'),
    timeoutMs: 60_000,
  });
  expect(more.output.text).toContain('over its limit of 512 MB');
  // Longer than the folder is left unlooked at.
  const freeing = await sandbox.run(shell('for file in fill-*; do rm $file; sleep 0.3; done; echo freed'));
  expect(freeing.output.text).toBe('freed\n');
});

test('one file cannot be larger than the whole work folder may be', async () => {
  const result = await sandbox.run(shell('head -c 600M /dev/zero > huge; stat -c %s huge; rm huge'));
  expect(Number(result.output.text.trim().split('\n').at(-1))).toBeLessThanOrEqual(GB / 2);
});

test('endless output is bounded in memory and on disk', async () => {
  const result = await sandbox.run({ ...shell('yes "a line of output"'), timeoutMs: 2_000 });
  expect(result).toMatchObject({ timedOut: true });
  expect(result.output.truncated).toBe(true);
  const size = await sandbox.run(shell(`stat -c %s ${result.output.path}`));
  expect(Number(size.output.text)).toBeLessThanOrEqual(20 * 1024 * 1024);
});

async function execInside(argv: string[]): Promise<{ exitCode: number | null }> {
  const exec = await engine.container(KEY).exec({ Cmd: argv, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  await new Promise((resolve) => {
    stream.on('end', resolve);
    stream.resume();
  });
  return { exitCode: (await exec.inspect()).ExitCode };
}

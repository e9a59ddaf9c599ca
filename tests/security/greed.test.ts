// A hostile program that takes all it can get: every resource has a bound, and the sandbox lives on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hostile, openHostile } from './hostile.ts';

const MB = 1024 ** 2;
const LIMITS = { memoryBytes: 512 * MB, pids: 100, diskBytes: 300 * MB, cpus: 1 };
let greedy: Hostile;

beforeAll(async () => {
  greedy = await openHostile(LIMITS);
});
afterAll(() => greedy.close());

const isAlive = async (): Promise<boolean> => (await greedy.sh('echo alive')).output.text === 'alive\n';

describe('greed', () => {
  test('processes are bounded', async () => {
    const { output } = await greedy.python(
      'import os,time\nn=0\ntry:\n  while n<5000:\n    if os.fork()==0: time.sleep(2); os._exit(0)\n    n+=1\nexcept OSError: pass\nprint(n)',
    );
    expect(Number(output.text)).toBeLessThan(LIMITS.pids);
    // They go two seconds after each was made.
    await expect.poll(isAlive, { interval: 500 }).toBe(true);
  });

  test('threads count as processes', async () => {
    const { output } = await greedy.python(
      'import threading,time\nn=0\ntry:\n  while n<5000:\n    threading.Thread(target=time.sleep,args=(1,)).start(); n+=1\nexcept RuntimeError: pass\nprint(n)',
    );
    expect(Number(output.text)).toBeLessThan(LIMITS.pids);
  });

  test.each([
    ['of one program', 'python3 -c "x = b\'x\' * (2 * 2**30)"'],
    ['shared', 'head -c 2G /dev/zero > /dev/shm/fill; code=$?; rm -f /dev/shm/fill; exit $code'],
    ['of files in /tmp', 'head -c 2G /dev/zero > /tmp/fill; code=$?; rm -f /tmp/fill; exit $code'],
    [
      'of anonymous files',
      "python3 -c \"\nimport os\nf=os.memfd_create('x')\nfor i in range(2048): os.write(f, b'x' * 2**20)\"",
    ],
    [
      'of pipes',
      'python3 -c "\nimport os,fcntl\nall=[]\nfor i in range(4000):\n  r,w=os.pipe(); all.append((r,w)); fcntl.fcntl(w,1031,1048576); os.set_blocking(w,False); os.write(w,b\'x\'*1048576)\n"',
    ],
  ])('memory %s is bounded', async (_what, line) => {
    expect((await greedy.sh(line)).exitCode).not.toBe(0);
    expect(await isAlive()).toBe(true);
  });

  test('the number of files in memory is bounded', async () => {
    const { exitCode } = await greedy.sh(
      'cd /tmp && seq 200000 | xargs touch; code=$?; cd / && find /tmp -type f -delete; exit $code',
      60_000,
    );
    expect(exitCode).not.toBe(0);
  });

  test('disk is bounded', async () => {
    const { output } = await greedy.sh(
      'for i in $(seq 60); do head -c 20M /dev/zero > f$i; sleep 0.1; done; sleep 20',
      60_000,
    );
    expect(output.text).toContain('over its limit');
    expect((await greedy.sh('rm -f f*; echo alive')).output.text).toContain('alive');
  });

  test('a file that there is no room for is one sentence about the disk, and what was there stays', async () => {
    await greedy.sandbox.write('/tmp/kept', Buffer.from('as it was'));
    await greedy.sh('head -c 2G /dev/zero > /tmp/fill');
    await expect(greedy.sandbox.write('/tmp/kept', Buffer.alloc(MB))).rejects.toMatchObject({
      code: 'sandbox_full',
      message: 'The disk of the sandbox is full, so /tmp/kept could not be written.',
    });
    const { output } = await greedy.sh('cat /tmp/kept; ls /tmp; rm -f /tmp/fill');
    expect(output.text).toBe('as it wasfill\nkept\n');
  });

  test('a command gets its input, although the memory that is there for inputs is full', async () => {
    await greedy.sh('head -c 20M /dev/zero > /run/toolhost/fill');
    const command = { argv: ['bash', '-c', 'wc -c; rm -f /run/toolhost/fill'], stdin: Buffer.alloc(9_999) };
    expect((await greedy.sandbox.run({ id: 'fed', ...command })).output.text).toBe('9999\n');
  });

  test('a sparse file takes no more than it may', async () => {
    const { output } = await greedy.sh('truncate -s 100G sparse; stat -c %s sparse; rm -f sparse');
    expect(output.text).not.toContain('107374182400');
  });

  test('endless output is bounded in memory and on disk', async () => {
    const { timedOut, output } = await greedy.sh('yes "a line of output"', 1_500);
    expect(timedOut).toBe(true);
    expect(output.truncated).toBe(true);
    expect(Buffer.byteLength(output.text)).toBeLessThan(2 * MB);
    const { output: size } = await greedy.sh(`stat -c %s ${output.path}`);
    expect(Number(size.text)).toBeLessThanOrEqual(20 * MB);
  });

  test('endless output in the background is bounded as well', async () => {
    await greedy.sandbox.start({ id: 'chatter', argv: ['yes', 'a line of output'] });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await greedy.sandbox.kill('chatter', 'SIGKILL');
    expect(await isAlive()).toBe(true);
    const { output } = await greedy.sh('du -sm /work/.toolhost | cut -f1');
    expect(Number(output.text)).toBeLessThan(60);
  });

  test('processor time is bounded', async () => {
    const { NanoCpus } = (await greedy.engine.container('hostile').inspect()).HostConfig;
    expect(NanoCpus).toBe(1e9);
    const { output } = await greedy.sh(
      'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null',
    );
    expect(output.text).toMatch(/100000/);
  });

  test('open files are bounded', async () => {
    const { output } = await greedy.python(
      "import os\nn=0\ntry:\n  while True: os.open('/dev/null',0); n+=1\nexcept OSError: print(n)",
    );
    expect(Number(output.text)).toBeLessThan(10_000);
  });
});

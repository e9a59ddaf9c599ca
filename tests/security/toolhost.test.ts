// Programs in a sandbox attack its toolhost: they may break their own sandbox, and nothing else.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hostile, openHostile } from './hostile.ts';

let hostile: Hostile;
beforeAll(async () => {
  hostile = await openHostile();
});
afterAll(() => hostile.close());

/** Python that speaks the toolhost's own protocol to its socket, as a worker does. */
const SPEAK = `
import json, socket, struct, sys, time
wire = socket.socket(socket.AF_UNIX); wire.connect('/run/toolhost/socket')
def send(kind, channel, value, body=b''):
    header = json.dumps([kind, channel, value]).encode()
    wire.sendall(struct.pack('>II', len(header), len(body)) + header + body)
`;

describe('the toolhost', () => {
  test('its program cannot be changed by other programs', async () => {
    expect((await hostile.sh('echo x >> /usr/local/lib/toolhost/main.mjs')).exitCode).not.toBe(0);
    expect((await hostile.sh('mv /usr/local/lib/toolhost /work/x')).exitCode).not.toBe(0);
  });

  test('a forged result on disk is not believed beyond its form', async () => {
    const forge = (id: string, text: string) =>
      hostile.sh(
        `mkdir -p /work/.toolhost/commands/${id} && cat > /work/.toolhost/commands/${id}/result.json <<'X'\n${text}\nX`,
      );
    const evil = {
      exitCode: 0,
      signal: 'merge this',
      timedOut: 'no',
      durationMs: -1,
      totalBytes: 'many',
      path: '/',
    };
    for (const [id, text] of [
      ['forged-1', JSON.stringify(evil)],
      ['forged-2', '[]'],
      ['forged-3', 'not JSON'],
      ['forged-4', 'x'.repeat(50_000)],
    ] as const) {
      await forge(id, text);
      // The result counts as that of a command that was cut off: it does not run again and is not done.
      const ran = await hostile.sandbox.run({ id, argv: ['true'] });
      expect(ran).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    }
  });

  test('a link in the place of stored output is only ever a file of the sandbox', async () => {
    await hostile.sh(
      'mkdir -p /work/.toolhost/commands/linked && ln -s /etc/shadow /work/.toolhost/commands/linked/output',
    );
    const result = await hostile.sandbox.run({ id: 'linked', argv: ['true'] });
    expect(result.output.text).toBe('');
  });

  test('names that are paths stay names', async () => {
    const result = await hostile.sandbox.run({ id: '../../../etc/cron.d/x', argv: ['echo', 'named'] });
    expect(result.output.path).toMatch(/^\/work\/\.toolhost\/commands\/h-[0-9a-f]{64}\/output$/);
  });

  test('a file swapped for a link while it is written lands nowhere else', async () => {
    await hostile.sh('mkdir -p swap && ln -sf /etc/passwd swap/target');
    await hostile.sandbox.write('swap/target', Buffer.from('harmless'));
    const { output } = await hostile.sh('head -1 /etc/passwd; cat swap/target; test -L swap/target; echo $?');
    expect(output.text).toMatch(/^root:.*\nharmless1\n$/);
  });
});

describe('frames of a program inside to the toolhost', () => {
  test('garbage, half frames and lies about lengths do not disturb the worker', async () => {
    const { exitCode } = await hostile.python(`${SPEAK}
import os
for attempt in [os.urandom(5000), b'\\xff' * 64, struct.pack('>II', 2**31, 0), struct.pack('>II', 3, 2**31) + b'[1]', b'\\0' * 100000]:
    other = socket.socket(socket.AF_UNIX); other.connect('/run/toolhost/socket')
    try: other.sendall(attempt)
    except OSError: pass
    other.close()
`);
    expect(exitCode).toBe(0);
    expect((await hostile.sh('echo alive')).output.text).toBe('alive\n');
  });

  test('requests of wrong shapes do not end the toolhost', async () => {
    const { exitCode } = await hostile.python(`${SPEAK}
send(0, 1, {'op': 'hello', 'version': 2, 'fence': 0})
for channel, value in enumerate([None, [], {}, {'op': 1}, {'op': 'run'}, {'op': 'run', 'command': None}, {'op': 'run', 'command': {'id': {}, 'argv': 'x'}}, {'op': 'read', 'path': 5}, {'op': 'write'}, {'op': 'connect', 'port': 'x'}, {'op': 'listen', 'port': -1}, {'op': 'kill', 'id': 'probes', 'signal': 'SIGNOTHING'}], 2):
    try: send(0, channel * 2 + 1, value)
    except OSError: break
time.sleep(0.5)
`);
    expect(exitCode).toBe(0);
    expect((await hostile.sh('echo alive')).output.text).toBe('alive\n');
  });

  test('an answer for the worker, sent by another program, does not reach it', async () => {
    const running = hostile.sandbox.run({ id: 'waited-for', argv: ['sleep', '1'] });
    await hostile.python(`${SPEAK}
send(0, 1, {'op': 'hello', 'version': 2, 'fence': 0})
for channel in range(1, 200):
    try: send(1, channel, {'ok': True, 'exitCode': 99, 'signal': None, 'timedOut': False, 'durationMs': 1, 'totalBytes': 0, 'truncated': False})
    except OSError: break
`);
    expect((await running).exitCode).toBe(0);
  });

  test('a port that was taken beforehand is refused, not shared', async () => {
    await hostile.sandbox.start({ id: 'squat', argv: ['python3', '-m', 'http.server', '39555'] });
    (await hostile.sandbox.connect(39_555, 10_000)).destroy();
    await expect(hostile.sandbox.listen(39_555, (stream) => stream.destroy())).rejects.toThrow(/EADDRINUSE/);
  });

  test('a claim that is newer than any worker locks the worker out, and says so', async () => {
    await expect(
      hostile.python(`${SPEAK}\nsend(0, 1, {'op': 'hello', 'version': 2, 'fence': 2**52}); time.sleep(20)`),
    ).rejects.toMatchObject({ code: 'sandbox_lost' });
    await expect(
      hostile.engine.another().open({ key: 'hostile', image: hostile.image }),
    ).rejects.toMatchObject({ code: 'lease_lost' });
    // The worker, which has the lease, then removes the sandbox: tests/worker/turn.test.ts.
    await hostile.engine.provider.remove('hostile');
    expect((await hostile.reopen()).fresh).toBe(true);
  });
});

describe('an end of the toolhost', () => {
  test('killing it ends the sandbox, not the worker, and the sandbox comes back', async () => {
    await expect(hostile.sh('kill -9 $(pgrep -f toolhost/main.mjs); sleep 20')).rejects.toMatchObject({
      code: 'sandbox_lost',
    });
    expect((await hostile.reopen()).fresh).toBe(false);
  });

  test('killing everything as well', async () => {
    await expect(hostile.sh('kill -9 -1; sleep 20')).rejects.toMatchObject({ code: 'sandbox_lost' });
    expect((await hostile.reopen()).fresh).toBe(false);
    const { output } = await hostile.sandbox.run({ id: randomUUID(), argv: ['echo', 'back'] });
    expect(output.text).toBe('back\n');
  });

  test('a toolhost without processes, files or memory left says so or ends', async () => {
    const limits = ['RLIMIT_NPROC', 'RLIMIT_NOFILE'].map(
      (name) => `resource.prlimit(pid, resource.${name}, (1, resource.prlimit(pid, resource.${name})[1]))`,
    );
    await hostile
      .python(
        `import resource, subprocess\npid = int(subprocess.check_output(['pgrep', '-of', 'toolhost/main.mjs']))\n${limits.join('\n')}`,
      )
      .catch(() => undefined);
    const outcome = await hostile.sh('echo alive', 5_000).catch((error: unknown) => error);
    expect(outcome).toBeDefined();
    await hostile.engine.container('hostile').restart({ t: 0 });
    await hostile.reopen();
    expect((await hostile.sh('echo alive')).output.text).toBe('alive\n');
  });
});

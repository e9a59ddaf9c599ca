// The control routes, and the server as a command.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunningModel } from '../../playground/model/server.ts';
import { startModel } from '../../playground/model/server.ts';
import { addScript, loggedRequests, post } from './model-control.ts';
import { clientFor } from './model-player.ts';

describe('the control routes', () => {
  let model: RunningModel;
  beforeAll(async () => {
    model = await startModel();
  });
  afterAll(() => model.close());

  it('keep what was asked, but never the key', async () => {
    await clientFor(model.url, 'sk-very-secret').responses.create({ model: 'm', input: 'one' });
    await clientFor(model.url, 'sk-very-secret').responses.create({ model: 'm', input: 'two' });
    const logged = await loggedRequests(model.url);
    expect(logged.map((request) => request.body)).toMatchObject([{ input: 'one' }, { input: 'two' }]);
    expect(JSON.stringify(logged)).not.toContain('sk-very-secret');
    expect(await loggedRequests(model.url, logged[0]?.id)).toHaveLength(1);
  });

  it('add a recording that goes before all others, replace it, and forget it', async () => {
    const said = async (): Promise<string> =>
      (await clientFor(model.url).responses.create({ model: 'm', input: 'fix the total, please' }))
        .output_text;
    await addScript(model.url, 'mine', 'match: total\nsteps: [{ say: first }]');
    expect(await said()).toBe('first');
    await addScript(model.url, 'mine', 'match: total\nsteps: [{ say: second }]');
    expect(await said()).toBe('second');
    await post(model.url, 'reset', {});
    expect(await said()).toContain('scripted model');
    expect(await loggedRequests(model.url)).toHaveLength(1);
  });

  it('hold an answer back until they let it go on', async () => {
    await addScript(model.url, 'held', 'match: bake\nsteps: [{ hold: oven, say: baked }]');
    const ask = async () =>
      (await clientFor(model.url).responses.create({ model: 'm', input: 'bake' })).output_text;
    const held = ask();
    expect(await Promise.race([held, sleep(300, 'nothing yet')])).toBe('nothing yet');
    expect(await post(model.url, 'release', { hold: 'oven' })).toMatchObject({ status: 200 });
    expect(await held).toBe('baked');
    expect(await ask()).toBe('baked');
  });

  it('refuse with a reason what they cannot use', async () => {
    expect(await post(model.url, 'scripts', { yaml: 'match: a' })).toMatchObject({ status: 400 });
    expect(await post(model.url, 'faults', { kind: 'sulks' })).toMatchObject({ status: 400 });
    expect(await post(model.url, 'nothing', {})).toMatchObject({ status: 404 });
  });
});

describe('the command', () => {
  const main = new URL('../../playground/model/main.ts', import.meta.url).pathname;
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'threadsmith-scripts-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('says on one line where it listens, plays the folder it was given, and ends on SIGTERM', async () => {
    await writeFile(join(dir, 'hello.yaml'), 'match: hello\nsteps: [{ say: hello back }]');
    const child = spawn(process.execPath, [main, '--port', '0', '--scripts', dir, '--delay-ms', '5']);
    try {
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      const { url } = z.object({ ready: z.literal(true), url: z.string() }).parse(JSON.parse(String(line)));
      expect((await clientFor(url).responses.create({ model: 'm', input: 'hello' })).output_text).toBe(
        'hello back',
      );
    } finally {
      child.kill('SIGTERM');
    }
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('names the file and the place of a mistake and does not start', async () => {
    await writeFile(join(dir, 'wrong.yaml'), 'match: hello\nsteps: []');
    const child = spawn(process.execPath, [main, '--port', '0', '--scripts', dir]);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(errors).toMatch(/wrong\.yaml: .*steps/s);
  });
});

// Our own Docker Engine: shared by its users, gone with the last of them.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createDataDirectory, dataDirectory } from '../../scripts/system/data-directory.ts';
import { findEngine, startEngine } from '../../scripts/system/engine.ts';
import { engineAnswers } from '../../scripts/system/engine-address.ts';
import { processesLeft, ROOT, runNode, temporaryFolder } from './children.ts';

const folder = temporaryFolder();
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const STARTS = 60_000;

function newData(name: string) {
  const data = dataDirectory(join(folder, name));
  createDataDirectory(data);
  return data;
}

describe('our own engine', () => {
  test('is shared, goes on while one user is left, and ends with the last', async () => {
    const data = newData('shared');
    const first = await startEngine(data);
    const second = await startEngine(data);
    expect(second.host).toBe(first.host);
    await first.release();
    expect(await engineAnswers(second.host)).toBe(true);
    await second.release();
    expect(await engineAnswers(second.host)).toBe(false);
    expect(await processesLeft(data.root, 20_000)).toEqual([]);
  });

  test('is started once where two ask at the same time, and again after it ended', async () => {
    const data = newData('race');
    const [one, two] = await Promise.all([startEngine(data), startEngine(data)]);
    expect(await engineAnswers(one.host)).toBe(true);
    await Promise.all([one.release(), two.release()]);
    expect(await engineAnswers(one.host)).toBe(false);
    const again = await startEngine(data);
    expect(await engineAnswers(again.host)).toBe(true);
    await again.release();
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(data.root);
  });

  test('starts over pid files whose numbers belong to other processes by now', async () => {
    const data = newData('stale');
    await (await startEngine(data)).release();
    mkdirSync(join(data.runtime, 'engine/containerd'), { recursive: true });
    for (const file of ['engine.pid', 'engine/containerd/containerd.pid']) {
      writeFileSync(join(data.runtime, file), String(process.pid));
    }
    const again = await startEngine(data);
    expect(await engineAnswers(again.host)).toBe(true);
    await again.release();
  });

  test('ends with a user that is killed', async () => {
    const data = newData('killed');
    const user = runNode([
      '--input-type=module',
      '-e',
      `import { startEngine } from '${ROOT}/scripts/system/engine.ts';
       import { dataDirectory } from '${ROOT}/scripts/system/data-directory.ts';
       await startEngine(dataDirectory('${data.root}'));
       console.log('running'); setInterval(() => {}, 1000);`,
    ]);
    await user.says('running', STARTS);
    user.process.kill('SIGKILL');
    await user.exited;
    expect(await processesLeft(data.root, 30_000)).toEqual([]);
    // What the killed user could not tidy up, the next one does.
    await (await startEngine(data)).release();
  });
});

describe('looking for an engine', () => {
  test('takes the one that DOCKER_HOST names when it answers', async () => {
    const socket = join(folder, 'engine.sock');
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/_ping' ? 200 : 404;
      response.end('OK');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    expect(await findEngine(`unix://${socket}`)).toMatchObject({ host: `unix://${socket}`, isOurs: false });
  });

  test('does not quietly take another one when DOCKER_HOST is dead', async () => {
    const dead = `unix://${join(folder, 'nobody.sock')}`;
    await expect(findEngine(dead)).rejects.toMatchObject({ code: 'engine_unreachable' });
  });

  test('a long data directory still gets sockets that the system can take', () => {
    const long = dataDirectory(join(folder, 'a-very-long-name-'.repeat(8)));
    const deepest = join(long.runtime, 'engine/containerd/containerd-debug.sock.ttrpc');
    expect(Buffer.byteLength(deepest)).toBeLessThanOrEqual(107);
    expect(dataDirectory(join(folder, 'short')).runtime).toBe(join(folder, 'short/run'));
  });
});

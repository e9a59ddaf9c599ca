// Sandboxes that nobody is working in, on a real engine.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLog } from '../../core/log.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { Session } from '../../db/entities/session.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import type { SandboxProvider } from '../../sandbox/sandbox.ts';
import { keepHouse } from '../../worker/housekeeping.ts';
import { addSession, addTurnIn } from '../db/rows.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';

const INSTALL = `h${process.pid}`;
const SOON = { pauseMs: 0, removeMs: 0 };
const LATER = { pauseMs: 60_000, removeMs: 60_000 };
const log = createLog({ level: 'error' });

let own: TestDatabase;
let database: Database;
let provider: SandboxProvider;
let image: string;

beforeAll(async () => {
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId: INSTALL, log });
  image = await provider.ensureImage(() => {});
});
afterAll(async () => {
  for (const key of await provider.list()) await provider.remove(key);
  await provider.close();
  await database.close();
  await own.drop();
});

async function sandboxFor(key: string): Promise<void> {
  await (await provider.open({ key, image })).close();
}

function statusOf(key: string): string {
  const format = '{{.State.Status}}';
  return execFileSync('docker', ['inspect', '--format', format, `threadsmith-${INSTALL}-${key}`], {
    encoding: 'utf8',
  }).trim();
}

it('an idle sandbox is frozen, a busy one is not, and a frozen one works again when it is opened', async () => {
  const idle = await addSession(database);
  await addTurnIn(database, idle, 'done');
  const busy = await addSession(database);
  await addTurnIn(database, busy, 'running');
  await sandboxFor(idle);
  await sandboxFor(busy);
  await keepHouse(database, provider, LATER, log);
  expect([statusOf(idle), statusOf(busy)]).toEqual(['running', 'running']);
  await keepHouse(database, provider, SOON, log);
  expect([statusOf(idle), statusOf(busy)]).toEqual(['paused', 'running']);
  const again = await provider.open({ key: idle, image });
  expect((await again.run({ id: 'awake', argv: ['echo', 'awake'], cwd: '/' })).output.text).toBe('awake\n');
  await again.close();
  await provider.remove(idle);
  await provider.remove(busy);
});

it('sandboxes of sessions that are over, of none, and for pictures are removed, and no other', async () => {
  const merged = await addSession(database);
  await addTurnIn(database, merged, 'done');
  await database.em().nativeUpdate(Session, { id: merged }, { state: 'merged' });
  const open = await addSession(database);
  await addTurnIn(database, open, 'done');
  const keys = [merged, open, `${open}-before`, 'nobody'];
  for (const key of keys) await sandboxFor(key);
  await keepHouse(database, provider, SOON, log);
  expect(await provider.list()).toEqual([open]);
});

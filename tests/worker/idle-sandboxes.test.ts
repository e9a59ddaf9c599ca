// Sandboxes that nobody is working in, on a real engine.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sandboxKey } from '../../core/attempt.ts';
import { createLog } from '../../core/log.ts';
import { Session } from '../../db/entities/session.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn } from '../../db/schema/lease.ts';
import { startAttempts } from '../../db/turns/attempts.ts';
import { chooseAttempt } from '../../db/turns/choice.ts';
import { finishTurn } from '../../db/turns/turns.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { cleanUpSandboxes } from '../../worker/upkeep/idle-sandboxes.ts';
import { addSession, addTurnIn } from '../db/rows.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';

const INSTALL = `h${randomBytes(4).toString('hex')}`;
const SOON = { pauseMs: 0, removeMs: 0 };
const SOON_PAUSED = { pauseMs: 0, removeMs: 60_000 };
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
  await cleanUpSandboxes(database, provider, LATER, log);
  expect([statusOf(idle), statusOf(busy)]).toEqual(['running', 'running']);
  await cleanUpSandboxes(database, provider, SOON, log);
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
  await cleanUpSandboxes(database, provider, SOON, log);
  expect(await provider.list()).toEqual([open]);
});

it('an attempt that is over is frozen while people choose, and one that was not chosen is removed', async () => {
  const sessionId = await addSession(database);
  const parentId = await addTurnIn(database, sessionId, 'queued');
  const parent = required(await claimTurn(database, parentId, 'one'), 'not to be had');
  const start = { fromNumber: 0, fromPlace: 0, base: 'b'.repeat(40), head: null };
  await startAttempts(database, parent, start, ['simplest', 'thorough'], null);
  const rows = await database
    .em()
    .execute<{ turn_id: string }[]>('select turn_id from attempt where parent_id = ? order by number', [
      parentId,
    ]);
  const [one, two] = await Promise.all(rows.map(({ turn_id }) => claimTurn(database, turn_id, 'one')));
  const keys = [1, 2].map((number) => sandboxKey(sessionId, number));
  const [first = '', second = ''] = keys;
  for (const key of keys) await sandboxFor(key);
  const usage = { model: 'm', steps: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, durationMs: 1 };
  const result = { kind: 'answer', text: 'done', repo: 'shop', usage } as const;
  await finishTurn(database, required(one, 'none'), { state: 'done', result });
  await cleanUpSandboxes(database, provider, SOON_PAUSED, log);
  expect([statusOf(first), statusOf(second)]).toEqual(['paused', 'running']);
  await finishTurn(database, required(two, 'none'), { state: 'done', result });
  await database.transaction((em) => chooseAttempt(em, parentId, 2, 'U0MIRA0001'));
  await cleanUpSandboxes(database, provider, SOON_PAUSED, log);
  expect((await provider.list()).filter((key) => key.startsWith(sessionId))).toEqual([second]);
  expect(statusOf(second)).toBe('paused');
});

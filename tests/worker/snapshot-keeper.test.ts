// Snapshots as turns find them: older ones with newer files, refreshed beside the turns, kept where `setup` fails,
// and sandboxes of them that wait. On a real engine, with a repo whose branch moves.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Config, readConfig } from '../../core/config/config.ts';
import { createLog } from '../../core/log.ts';
import { JournalRow } from '../../db/entities/log.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { openContentFolder } from '../../db/log/artifacts.ts';
import { snapshotFailures } from '../../db/log/snapshot-failures.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { addTurn, lockSession } from '../../db/turns/requests.ts';
import { type RunningModel, startModel } from '../../playground/model/server.ts';
import { createPlainGitForge } from '../../worker/forge/plain-git.ts';
import { createModel } from '../../worker/model/create-model.ts';
import { keepSnapshots, type SnapshotKeeper } from '../../worker/upkeep/snapshot-keeper.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { limitsOf } from '../../worker/workspace/prepare.ts';
import { seriesOf } from '../../worker/workspace/snapshot.ts';
import { addSession } from '../db/rows.ts';
import { required } from '../required.ts';
import { openTestEngine, type TestEngine } from '../sandbox/engine.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { writeConfig } from './config-file.ts';
import { createRemote, type TestRemote } from './git-repo.ts';

const log = createLog({ level: 'error' });
const MIRA = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
const REPO = 'brightloaf';
const setupFile = (...lines: readonly string[]): string => JSON.stringify({ setup: lines });
/** Leaves a mark that tells one build from another. */
const STAMP = 'cat lock.txt > stamp; date +%s%N >> stamp';

let remote: TestRemote;
let own: TestDatabase;
let database: Database;
let engine: TestEngine;
let model: RunningModel;
let worker: Worker;
let keeper: SnapshotKeeper;
let config: Config;
const outdated: string[] = [];

beforeAll(async () => {
  remote = createRemote();
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  engine = openTestEngine({ log });
  model = await startModel({ port: 0 });
  config = readConfig(writeConfig(remote.folder, remote.url, { memory_mb: 512 }, { warm: 1 }));
  const mirrors = `${remote.folder}/mirrors`;
  const { provider } = engine;
  keeper = keepSnapshots({
    config,
    database,
    provider,
    mirrors,
    log,
    signal: new AbortController().signal,
  });
  worker = createWorker(
    {
      config,
      database,
      content: openContentFolder(`${remote.folder}/artifacts`),
      provider,
      forge: createPlainGitForge(),
      model: createModel({ api: 'responses', name: 'scripted', baseUrl: model.url, apiKey: 'sk-test' }),
      mirrors,
      refreshSoon: (_repo, commit) => outdated.push(commit),
      log,
    },
    'worker',
  );
});

afterAll(async () => {
  for (const key of await engine.provider.list()) await engine.provider.remove(key);
  for (const { image } of await snapshots())
    await engine.provider.warm({ image, limits: limitsOf(config) }, 0);
  await engine.close();
  await model.close();
  await database.close();
  await own.drop();
  remote.remove();
});

const snapshots = () => engine.provider.snapshots.list(seriesOf(REPO));

let requests = 0;

/** A turn in a session of its own whose agent runs a line; gives what that printed. */
async function play(command: string, baseBranch: string | null = null): Promise<string> {
  requests += 1;
  const match = `errand number ${requests},`;
  const steps = [{ tools: [{ name: 'shell', arguments: { command } }] }, { say: 'Done.' }];
  const body = JSON.stringify({ name: match, yaml: JSON.stringify({ match, steps }) });
  await fetch(new URL('/control/scripts', model.url), { method: 'POST', body });
  const sessionId = await addSession(database);
  await database.em().nativeUpdate(Session, { id: sessionId }, { repo: REPO, baseBranch });
  const turnId = await database.transaction(async (em) => {
    const session = required(await lockSession(em, sessionId), 'no session');
    const asked = { kind: 'alert', state: 'queued', text: match, requester: MIRA, messageTs: null } as const;
    return addTurn(em, session, { ...asked, details: { readOnly: true } });
  });
  await worker.work(turnId);
  const rows = await database.em().find(JournalRow, { turnId }, { orderBy: { place: 'asc' } });
  const outputs = rows.flatMap(({ entry }) => (entry.kind === 'tool_result' ? [entry.output] : []));
  return outputs.join('\n').replace(/^Exit code 0\.\n/, '');
}

async function waiting(): Promise<readonly { readonly Id: string; readonly Image: string }[]> {
  const filters = { label: [`threadsmith.install=${engine.installId}`] };
  const found = await engine.docker.listContainers({ all: true, filters });
  return found.filter(({ Names }) => Names[0]?.includes('.warm.'));
}

it('a turn at a newer commit does not wait for setup, and its snapshot is built beside it', async () => {
  remote.commit({ '.threadsmith.yaml': setupFile(STAMP), 'requirements.txt': 'one\n', 'lock.txt': 'a\n' });
  const first = await play('cat stamp');
  expect(first).toMatch(/^a\n\d+$/);
  const newer = remote.commit({ 'page.txt': 'a page\n' });
  expect(await play('cat stamp page.txt; git status --porcelain; git rev-parse HEAD')).toBe(
    `${first}\na page\n${newer}`,
  );
  expect(await snapshots()).toHaveLength(1);
  expect(outdated).toEqual([newer]);

  await keeper.refresh(REPO);
  const [fresh, old] = await snapshots();
  expect([fresh?.key.startsWith(newer.slice(0, 12)), old?.key.startsWith(newer.slice(0, 12))]).toEqual([
    true,
    false,
  ]);
  const [ready, ...more] = await waiting();
  expect([ready?.Image, more]).toEqual([fresh?.image, []]);
  expect(await play('cat stamp')).not.toBe(first);
  // The turn got the one that waited, and another has taken its place.
  const found = await engine.docker.getContainer(ready?.Id ?? '').inspect();
  expect(found.Name).not.toContain('.warm.');
  await expect
    .poll(async () => (await waiting()).map(({ Image }) => Image), { timeout: 60_000 })
    .toEqual([fresh?.image]);
  expect(outdated).toEqual([newer]);

  // Let go of, as after half an hour, and made ready again where somebody begins to type.
  await engine.provider.warm({ image: fresh?.image ?? '', limits: limitsOf(config) }, 0);
  expect(await waiting()).toEqual([]);
  await keeper.warm(REPO);
  expect(await waiting()).toHaveLength(1);
  await keeper.refresh(REPO);
  expect((await snapshots()).map(({ image }) => image)).toEqual([fresh?.image, old?.image]);
});

it('a turn waits for setup where it would do something else', async () => {
  const before = await play('cat stamp');
  remote.commit({ 'lock.txt': 'b\n' });
  // The setup line names lock.txt.
  const after = await play('cat stamp');
  expect(after).toMatch(/^b\n\d+$/);
  expect(before).toMatch(/^a\n\d+$/);
});

it('where setup fails turns go on with the last good snapshot and the newest files, until it is mended', async () => {
  const good = await play('cat stamp');
  const [last] = await snapshots();
  const broken = remote.commit({
    '.threadsmith.yaml': setupFile('echo no such oven; exit 3'),
    'page.txt': 'two\n',
  });
  expect(await play('cat stamp page.txt; git rev-parse HEAD')).toBe(`${good}\ntwo\n${broken}`);
  const [failing] = await snapshotFailures(database.em());
  expect(failing).toMatchObject({ repo: REPO, failure: { code: 'setup_failed' } });
  expect(failing?.failure.message).toContain('no such oven');

  await keeper.refresh(REPO);
  expect(await play('cat page.txt')).toBe('two');
  const [still] = await snapshotFailures(database.em());
  expect(still?.since).toBe(failing?.since);
  // Nobody tried again at once.
  expect(still?.agoMs).toBeGreaterThan(failing?.agoMs ?? Infinity);
  expect((await snapshots())[0]).toEqual(last);

  const mended = remote.commit({ '.threadsmith.yaml': setupFile(STAMP, 'true') });
  await keeper.refresh(REPO);
  expect(await snapshotFailures(database.em())).toEqual([]);
  expect((await snapshots())[0]?.key.startsWith(mended.slice(0, 12))).toBe(true);
});

it('the file of a branch that a person chose counts for work on that branch alone, and opens nothing', async () => {
  const branch = 'feature/ovens';
  const good = await play('cat stamp');
  remote.commit({ '.threadsmith.yaml': setupFile('echo planted > stamp') }, branch);
  expect(await play('cat stamp', branch)).toBe('planted');
  remote.commit({ '.threadsmith.yaml': setupFile('exit 3') });
  expect(await play('cat stamp')).toBe(good);
  remote.commit({ '.threadsmith.yaml': setupFile(STAMP, 'true') });
  await keeper.refresh(REPO);

  for (const key of ['network', 'secrets', 'sandbox', 'approvals']) {
    remote.commit({ '.threadsmith.yaml': JSON.stringify({ [key]: [] }) }, branch);
    expect(await play('cat stamp', branch)).toBe('');
    const [failed] = await database.em().find(Turn, {}, { orderBy: { createdAt: 'desc' }, limit: 1 });
    expect(failed?.failure).toMatchObject({
      code: 'repo_config_invalid',
      message: expect.stringMatching(`on feature/ovens is not valid: .*${key}`),
    });
  }
});

it('a repo in which nobody worked for a day is left alone', async () => {
  const [before] = await snapshots();
  remote.commit({ 'page.txt': 'three\n' });
  await database.em().execute(`update turn set finished_at = now() - interval '25 hours'`);
  await keeper.refresh(REPO);
  expect((await snapshots())[0]).toEqual(before);
});

// Several attempts at one request in real sandboxes, with the scripted model and the sample repo.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../core/config/config.ts';
import { createLog } from '../../core/log.ts';
import type { ChangeResult } from '../../core/result.ts';
import type { TurnKind } from '../../core/turn.ts';
import { Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { openContentFolder } from '../../db/log/artifacts.ts';
import { eventsOfSession, eventsOfTurn } from '../../db/log/events.ts';
import { loadJournal } from '../../db/log/journal.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { chooseAttempt } from '../../db/turns/choice.ts';
import { addTurn, lockSession } from '../../db/turns/requests.ts';
import { stopTurn } from '../../db/turns/turns.ts';
import { type RunningModel, startModel } from '../../playground/model/server.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { createPlainGitForge } from '../../worker/forge/plain-git.ts';
import { createModel } from '../../worker/model/create-model.ts';
import type { WorkerServices } from '../../worker/turn/context.ts';
import { removeDropped } from '../../worker/upkeep/dropped-attempts.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { addSession } from '../db/rows.ts';
import { CHECKS_ONLY, createShop } from '../e2e/repos.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';
import { writeConfig } from './config-file.ts';
import type { TestRemote } from './git-repo.ts';

const INSTALL = `a${randomBytes(4).toString('hex')}`;
const MIRA = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
const FIX = 'fix the total on the cart page';

/** One picture of one page is enough to tell attempts apart. */
const ONE_PAGE = `${CHECKS_ONLY}serve: { run: npm start, port: 3000 }
pages: [{ name: Cart, path: /cart, viewports: [desktop] }]
`;

const requestsSchema = z.looseObject({
  requests: z.array(
    z.looseObject({
      body: z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })).optional() }),
    }),
  ),
});

let folder: string;
let remote: TestRemote;
let own: TestDatabase;
let database: Database;
let model: RunningModel;
let provider: SandboxProvider;
let tools: WorkerServices;
let worker: Worker;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadsmith-attempts-'));
  remote = createShop({ '.threadsmith.yaml': ONE_PAGE });
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  model = await startModel({ port: 0 });
  const log = createLog({ level: 'error' });
  provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId: INSTALL, log });
  tools = {
    config: readConfig(writeConfig(folder, remote.url)),
    database,
    content: openContentFolder(join(folder, 'artifacts')),
    provider,
    forge: createPlainGitForge(),
    model: createModel({ api: 'responses', name: 'scripted', baseUrl: model.url, apiKey: 'sk-test' }),
    mirrors: join(folder, 'repos'),
    log,
  };
  worker = createWorker(tools, 'test-worker');
});

afterAll(async () => {
  for (const key of await provider.list()) await provider.remove(key);
  await provider.close();
  await model.close();
  await database.close();
  await own.drop();
  remote.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function newSession(): Promise<string> {
  const sessionId = await addSession(database);
  await database.em().nativeUpdate(Session, { id: sessionId }, { repo: 'brightloaf' });
  return sessionId;
}

async function ask(
  sessionId: string,
  text: string,
  details: TurnDetails = {},
  kind: TurnKind = 'follow_up',
): Promise<string> {
  const turnId = await database.transaction(async (em) => {
    const session = required(await lockSession(em, sessionId), 'no session');
    return addTurn(em, session, { kind, state: 'queued', text, requester: MIRA, messageTs: null, details });
  });
  await worker.work(turnId);
  return turnId;
}

async function attemptsAt(parentId: string): Promise<readonly string[]> {
  const rows = await database
    .em()
    .execute<{ turn_id: string }[]>('select turn_id from attempt where parent_id = ? order by number', [
      parentId,
    ]);
  return rows.map(({ turn_id }) => turn_id);
}

async function makeAll(parentId: string): Promise<readonly Turn[]> {
  const ids = await attemptsAt(parentId);
  await Promise.all(ids.map((id) => worker.work(id)));
  return Promise.all(ids.map(turnOf));
}

function turnOf(id: string): Promise<Turn> {
  return database.em().findOneOrFail(Turn, { id });
}

function sessionOf(id: string): Promise<Session> {
  return database.em().findOneOrFail(Session, { id });
}

function changeOf({ result, failure }: Turn): ChangeResult {
  if (result?.kind !== 'change') throw new Error(`no change but ${JSON.stringify(result ?? failure)}`);
  return result;
}

function choose(sessionId: string, parentId: string, place: number) {
  return database.transaction(async (em) => {
    await lockSession(em, sessionId);
    return chooseAttempt(em, parentId, place, MIRA.id);
  });
}

function branchesOf(sessionId: string): readonly string[] {
  return remote
    .git('for-each-ref', '--format=%(refname:short)', `refs/heads/threadsmith/${sessionId}*`)
    .split('\n')
    .filter((line) => line !== '');
}

async function sandboxesOf(sessionId: string): Promise<readonly string[]> {
  return (await provider.list()).filter((key) => key.startsWith(sessionId)).toSorted();
}

async function saidTo(sessionId: string, attempt: number): Promise<string> {
  const entries = await loadJournal(database.em(), sessionId, attempt);
  return entries.flatMap(({ entry }) => (entry.kind === 'message' ? [entry.text] : [])).join('\n');
}

async function toolsOffered(words: string): Promise<readonly string[]> {
  const response = await fetch(new URL('/control/requests?since=0', model.url));
  const { requests } = requestsSchema.parse(await response.json());
  const asked = required(
    requests.find(({ body }) => JSON.stringify(body).includes(words)),
    'the model was not asked',
  );
  return (asked.body.tools ?? []).map(({ name }) => name);
}

describe('several attempts', { timeout: 900_000 }, () => {
  it('of a finished result start where that started, and the result can be kept', async () => {
    const sessionId = await newSession();
    const first = await ask(sessionId, FIX, {}, 'mention');
    const result = changeOf(await turnOf(first));
    const parentId = await ask(sessionId, FIX, { attempts: 2, tries: first });
    const changes = (await makeAll(parentId)).map(changeOf);
    expect(changes.map(({ commit }) => remote.git('rev-parse', `${commit}^`))).toEqual(
      Array(2).fill(remote.git('rev-parse', `${result.commit}^`)),
    );
    const said = await loadJournal(database.em(), sessionId, 1);
    expect(said.filter(({ turnId }) => turnId === first)).toEqual([]);
    expect(await choose(sessionId, parentId, 1)).toBe('chosen');
    await removeDropped(tools);
    expect((await turnOf(parentId)).result).toMatchObject({ kind: 'kept', chosen: { place: 1, of: 3 } });
    expect(await sessionOf(sessionId)).toMatchObject({ attempt: 0, headCommit: result.commit });
    expect(branchesOf(sessionId)).toEqual([result.branch]);
    expect(await sandboxesOf(sessionId)).toEqual([sessionId]);
  });

  it('differ, are chosen from, go on as the session, and the others leave nothing', async () => {
    const sessionId = await newSession();
    const parentId = await ask(sessionId, FIX, { attempts: 3 }, 'mention');
    expect((await turnOf(parentId)).state).toBe('running');
    const made = await makeAll(parentId);
    const changes = made.map(changeOf);
    expect(changes.flatMap(({ verification }) => verification.problems)).toEqual([]);
    expect(changes.map(({ branch }) => branch)).toEqual(
      [1, 2, 3].map((n) => `threadsmith/${sessionId}-attempt-${n}`),
    );
    expect(new Set(changes.map(({ commit }) => remote.git('rev-parse', `${commit}^{tree}`))).size).toBe(3);
    expect(new Set(changes.map(({ commit }) => remote.git('rev-parse', `${commit}^`)))).toEqual(
      new Set([remote.git('rev-parse', 'main')]),
    );
    expect(branchesOf(sessionId)).toEqual(changes.map(({ branch }) => branch));
    for (const [index, way] of [
      'The simplest change',
      'The most thorough',
      'A different approach',
    ].entries()) {
      const said = await saidTo(sessionId, index + 1);
      expect(said).toContain(way);
      expect(said).not.toContain('made anew');
    }
    expect(await toolsOffered('A different approach')).toEqual(
      expect.arrayContaining(['shell', 'edit_file']),
    );
    expect(await toolsOffered('A different approach')).not.toContain('ask_user');
    // The pages before the change are the same for all: one took them.
    const events = await eventsOfSession(database.em(), sessionId);
    expect(events.filter(({ body }) => body.type === 'pages.captured').length).toBeGreaterThan(0);
    expect(
      changes.every(({ verification }) => verification.pages.every(({ before }) => before !== null)),
    ).toBe(true);

    expect((await turnOf(parentId)).state).toBe('waiting');
    expect(await choose(sessionId, parentId, 2)).toBe('chosen');
    await removeDropped(tools);
    const second = required(changes[1], 'no second one');
    const session = await sessionOf(sessionId);
    expect(session).toMatchObject({ attempt: 2, branch: second.branch, headCommit: second.commit });
    expect(branchesOf(sessionId)).toEqual([second.branch]);
    expect(await sandboxesOf(sessionId)).toEqual([`${sessionId}-attempt-2`]);
    const steps = changes.reduce((sum, { usage }) => sum + usage.steps, 0);
    expect(changeOf(await turnOf(parentId))).toMatchObject({ commit: second.commit, usage: { steps } });

    const next = await turnOf(await ask(sessionId, 'also show how much is missing for free shipping'));
    expect(changeOf(next).branch).toBe(second.branch);
    expect(remote.git('log', '-1', '--format=%P', second.branch)).toBe(second.commit);
    expect(await saidTo(sessionId, 2)).toContain('free shipping');
    expect(await sandboxesOf(sessionId)).toEqual([`${sessionId}-attempt-2`]);

    const merged = await turnOf(await ask(sessionId, '', { commit: changeOf(next).commit }, 'merge'));
    expect(merged.result).toMatchObject({ kind: 'merged', verified: true });
    // What comes after the merge begins anew, where the session is now.
    const after = await turnOf(await ask(sessionId, 'where is the total computed?'));
    expect(after.result).toMatchObject({ kind: 'answer' });
  });

  it('go on without one that fails, and end with one stop', async () => {
    const yaml = JSON.stringify({
      match: 'take your time',
      message_matches: 'A different approach',
      steps: [{ fault: { kind: 'http_401', times: 9 }, say: 'never said' }],
    });
    await fetch(new URL('/control/scripts', model.url), {
      method: 'POST',
      body: JSON.stringify({ name: 'refused', yaml }),
    });
    const sessionId = await newSession();
    const parentId = await ask(sessionId, 'take your time', { attempts: 3 }, 'mention');
    const [one = '', two = '', three = ''] = await attemptsAt(parentId);
    await worker.work(three);
    expect((await turnOf(three)).state).toBe('failed');
    expect((await turnOf(parentId)).state).toBe('running');
    const working = [worker.work(one), worker.work(two)];
    await vi.waitFor(
      async () => {
        const events = [
          ...(await eventsOfTurn(database.em(), one)),
          ...(await eventsOfTurn(database.em(), two)),
        ];
        expect(events.filter(({ body }) => body.type === 'tool.finished').length).toBeGreaterThan(3);
      },
      { timeout: 240_000, interval: 200 },
    );
    await database.transaction((em) => stopTurn(em, parentId, MIRA.id));
    worker.checkStops();
    await Promise.all(working);
    expect([(await turnOf(one)).state, (await turnOf(two)).state]).toEqual(['stopped', 'stopped']);
    expect(await turnOf(parentId)).toMatchObject({ state: 'stopped', stopRequestedBy: MIRA.id });
    await removeDropped(tools);
    expect(await sandboxesOf(sessionId)).toEqual([]);
    expect(branchesOf(sessionId)).toEqual([]);
  });
});

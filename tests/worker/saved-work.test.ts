// What a session has not published outlives its sandbox and its machine: two engines' worth of workers, told apart
// by their installation ids, share one database.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../core/config/config.ts';
import { createLog } from '../../core/log.ts';
import { JournalRow } from '../../db/entities/log.ts';
import { Session } from '../../db/entities/session.ts';
import { openContentFolder } from '../../db/log/artifacts.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { addTurn, lockSession } from '../../db/turns/requests.ts';
import { savedWorkOf } from '../../db/turns/saved-work.ts';
import { type RunningModel, startModel } from '../../playground/model/server.ts';
import { createSampleRepo } from '../../playground/sample-repo/create.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { createPlainGitForge } from '../../worker/forge/plain-git.ts';
import { createModel } from '../../worker/model/create-model.ts';
import { cleanUpSandboxes } from '../../worker/upkeep/idle-sandboxes.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { addSession } from '../db/rows.ts';
import { required } from '../required.ts';
import { openTestEngine, type TestEngine } from '../sandbox/engine.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { writeConfig } from './config-file.ts';

const MIRA = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
const AT_ONCE = { pauseMs: 0, removeMs: 0 };
const log = createLog({ level: 'error' });

interface Machine {
  readonly engine: TestEngine;
  readonly provider: SandboxProvider;
  readonly worker: Worker;
}

let folder: string;
let own: TestDatabase;
let database: Database;
let model: RunningModel;
let here: Machine;
let there: Machine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadsmith-saved-'));
  await createSampleRepo(join(folder, 'sample.git'));
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  model = await startModel({ port: 0 });
  here = machine('here');
  there = machine('there');
});

afterAll(async () => {
  for (const { engine, provider } of [here, there]) {
    for (const key of await provider.list()) await provider.remove(key);
    await engine.close();
  }
  await model.close();
  await database.close();
  await own.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** A worker with its own installation: it sees none of the other's sandboxes, snapshots and mirrors. */
function machine(name: string): Machine {
  const engine = openTestEngine({ log });
  const tools = {
    config: readConfig(writeConfig(folder, join(folder, 'sample.git'))),
    database,
    content: openContentFolder(join(folder, 'artifacts')),
    provider: engine.provider,
    forge: createPlainGitForge(),
    model: createModel({ api: 'responses', name: 'scripted', baseUrl: model.url, apiKey: 'sk-test' }),
    mirrors: join(folder, name),
    log,
  };
  return { engine, provider: engine.provider, worker: createWorker(tools, name) };
}

let requests = 0;

/** Plays a turn whose agent runs these lines, a step each, and whose model then fails; gives what they printed. */
async function play(at: Machine, sessionId: string, ...lines: readonly string[]): Promise<readonly string[]> {
  requests += 1;
  const match = `errand number ${requests},`;
  const script = {
    match,
    steps: [
      ...lines.map((command) => ({ tools: [{ name: 'shell', arguments: { command } }] })),
      { say: 'Done.', fault: { kind: 'http_401', times: 1 } },
    ],
  };
  const body = JSON.stringify({ name: match, yaml: JSON.stringify(script) });
  const added = await fetch(new URL('/control/scripts', model.url), { method: 'POST', body });
  expect(added.ok).toBe(true);
  const turnId = await database.transaction(async (em) => {
    const session = required(await lockSession(em, sessionId), 'no session');
    const asked = {
      kind: 'follow_up',
      state: 'queued',
      text: match,
      requester: MIRA,
      messageTs: null,
    } as const;
    return addTurn(em, session, asked);
  });
  await at.worker.work(turnId);
  const rows = await database.em().find(JournalRow, { sessionId, turnId }, { orderBy: { place: 'asc' } });
  return rows.flatMap(({ entry }) =>
    entry.kind === 'tool_result' ? [entry.output] : entry.kind === 'message' ? [entry.text] : [],
  );
}

async function newSession(): Promise<string> {
  const sessionId = await addSession(database);
  await database.em().nativeUpdate(Session, { id: sessionId }, { repo: 'brightloaf' });
  return sessionId;
}

const CHANGE = [
  "sed -i 's/total/sum/' src/cart.js",
  "echo new > 'a new file.txt'; chmod +x 'a new file.txt'; head -c 2000 /dev/urandom > blob.bin; git add blob.bin",
  'rm README.md; mkdir -p deep/er; ln -s ../src deep/link; echo kept > deep/er/one',
];
const LOOK = `git status --porcelain --untracked-files=all; sha256sum blob.bin src/cart.js; stat -c %a 'a new file.txt'; readlink deep/link`;

describe('unpublished work', () => {
  it('is there again in a fresh sandbox after its own was removed for being idle', async () => {
    const sessionId = await newSession();
    const [, , , , before] = await play(here, sessionId, ...CHANGE, LOOK);
    expect(before).toContain('deep/er/one');
    await cleanUpSandboxes(database, here.provider, AT_ONCE, log);
    expect(await here.provider.list()).toEqual([]);
    const [, note, after] = await play(here, sessionId, LOOK);
    expect(sorted(after)).toEqual(sorted(before?.replace('A  blob.bin', '?? blob.bin')));
    expect(note).toContain('made anew, with the files as they were');
  });

  it('goes with its session to another machine and back, where an old sandbox is not taken for the newest', async () => {
    const sessionId = await newSession();
    await play(here, sessionId, 'echo 1 > steps.txt');
    await play(there, sessionId, 'echo 2 >> steps.txt', 'echo 3 >> steps.txt');
    expect(await here.provider.list()).toContain(sessionId);
    const [, , seen] = await play(here, sessionId, 'cat steps.txt');
    expect(seen).toContain('1\n2\n3');
    await cleanUpSandboxes(database, there.provider, AT_ONCE, log);
    const still = await play(here, sessionId, 'cat steps.txt');
    expect(still.at(-1)).toContain('1\n2\n3');
  });

  it('is kept where its sandbox stays, and the model hears that processes have ended', async () => {
    const sessionId = await newSession();
    await play(here, sessionId, 'echo 1 > steps.txt');
    execFileSync('docker', ['restart', '-t', '0', `threadsmith-${here.engine.installId}-${sessionId}`]);
    const said = await play(here, sessionId, 'cat steps.txt');
    expect(said[1]).toContain('every process in it has ended');
    expect(said[2]).toMatch(/\n1$/);
  });

  it('that is put back to what was published is forgotten, and more than can be kept keeps its sandbox', async () => {
    const sessionId = await newSession();
    await play(here, sessionId, 'echo 1 > steps.txt');
    expect((await savedWorkOf(database.em(), sessionId))?.unpublished).not.toBeNull();
    await play(here, sessionId, 'rm steps.txt');
    expect((await savedWorkOf(database.em(), sessionId))?.unpublished).toBeNull();
    await play(here, sessionId, 'head -c 9000000 /dev/urandom > large.bin');
    await cleanUpSandboxes(database, here.provider, AT_ONCE, log);
    expect(await here.provider.list()).toContain(sessionId);
  });
});

function sorted(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').toSorted();
}

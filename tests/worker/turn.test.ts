// A turn from claim to result in a real sandbox, with the scripted model and the sample repo.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../core/config/config.ts';
import type { EventBody } from '../../core/event.ts';
import { createLog } from '../../core/log.ts';
import type { ChangeResult } from '../../core/result.ts';
import type { TurnKind } from '../../core/turn.ts';
import { ArtifactRow, JournalRow } from '../../db/entities/log.ts';
import { Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { openContentFolder, readArtifact } from '../../db/log/artifacts.ts';
import { eventsOfSession, eventsOfTurn } from '../../db/log/events.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { decidePlan } from '../../db/turns/plans.ts';
import { addTurn, lockSession } from '../../db/turns/requests.ts';
import { offerSteering } from '../../db/turns/steering.ts';
import { type RunningModel, startModel } from '../../playground/model/server.ts';
import { createSampleRepo } from '../../playground/sample-repo/create.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { createPlainGitForge } from '../../worker/forge/plain-git.ts';
import { createModel } from '../../worker/model/create-model.ts';
import type { WorkerServices } from '../../worker/turn/context.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { addSession } from '../db/rows.ts';
import { CHECKS_ONLY, createShop } from '../e2e/repos.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { part } from '../setup/environment.ts';
import { writeConfig } from './config-file.ts';
import type { TestRemote } from './git-repo.ts';

const INSTALL = `t${randomBytes(4).toString('hex')}`;
const MIRA = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
/** What takes seconds alone may take minutes on a busy machine. */
const PATIENCE_MS = 240_000;

let folder: string;
let remote: string;
/** The same shop, of which no pictures are taken. */
let plain: TestRemote;
let own: TestDatabase;
let database: Database;
let model: RunningModel;
let provider: SandboxProvider;
let worker: Worker;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadsmith-turn-'));
  remote = join(folder, 'sample.git');
  await createSampleRepo(remote);
  plain = createShop({ '.threadsmith.yaml': CHECKS_ONLY });
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  model = await startModel({ port: 0 });
  const log = createLog({ level: 'error' });
  provider = createDockerProvider({ dockerHost: part('DOCKER_HOST'), installId: INSTALL, log });
  const tools: WorkerServices = {
    config: readConfig(
      writeConfig(folder, remote, {}, {}, [{ name: 'plain', url: plain.url, channels: [] }]),
    ),
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
  plain.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function play(
  sessionId: string,
  text: string,
  kind: TurnKind = 'mention',
  details: TurnDetails = {},
): Promise<Turn> {
  const turnId = await database.transaction(async (em) => {
    const session = required(await lockSession(em, sessionId), 'no session');
    return addTurn(em, session, { kind, state: 'queued', text, requester: MIRA, messageTs: null, details });
  });
  await worker.work(turnId);
  return database.em().findOneOrFail(Turn, { id: turnId });
}

async function eventsOf<T extends EventBody['type']>(
  turn: Turn,
  type: T,
): Promise<Extract<EventBody, { type: T }>[]> {
  const events = await eventsOfTurn(database.em(), turn.id);
  return events
    .map((event) => event.body)
    .filter((body): body is Extract<EventBody, { type: T }> => body.type === type);
}

function changeOf(turn: Turn): ChangeResult {
  const result = turn.result;
  if (result?.kind !== 'change')
    throw new Error(`no change but ${JSON.stringify(turn.result ?? turn.failure)}`);
  return result;
}

async function newSession(repo = 'plain'): Promise<string> {
  const sessionId = await addSession(database);
  await database.em().nativeUpdate(Session, { id: sessionId }, { repo });
  return sessionId;
}

async function addScript(script: Readonly<Record<string, unknown>>): Promise<void> {
  const body = JSON.stringify({ name: String(script['match']), yaml: JSON.stringify(script) });
  const response = await fetch(new URL('/control/scripts', model.url), { method: 'POST', body });
  if (!response.ok) throw new Error(await response.text());
}

function git(...args: string[]): string {
  return execFileSync('git', ['--git-dir', remote, ...args], { encoding: 'utf8' }).trim();
}

/** Says hello to the toolhost from inside, under a claim's number that no worker will ever have. */
function pretend(name: string): void {
  const claim = JSON.stringify([0, 1, { op: 'hello', version: 2, fence: 2 ** 52 }]);
  const program = `import socket, struct, time\nwire = socket.socket(socket.AF_UNIX); wire.connect('/run/toolhost/socket')\nclaim = b'''${claim}'''\nwire.sendall(struct.pack('>II', len(claim), 0) + claim); time.sleep(600)`;
  execFileSync('docker', ['exec', '-d', name, 'python3', '-c', program]);
}

describe('a turn', { timeout: 900_000 }, () => {
  it('mends the cart, verifies it in a browser, publishes it, goes on with a follow-up, and merges', async () => {
    const sessionId = await newSession('brightloaf');

    const first = changeOf(await play(sessionId, 'fix the total on the cart page'));
    expect(first.verification).toMatchObject({ passed: true, problems: [], commit: first.commit });
    expect(first.verification.checks.map((check) => check.status)).toEqual(['passed', 'passed']);
    expect(first.files.length).toBeGreaterThan(0);
    expect(git('rev-parse', first.branch)).toBe(first.commit);
    expect(git('log', '-1', '--format=%an <%ae> %cn', first.branch)).toBe(
      'Mira Okafor <mira@brightloaf.example> Threadsmith',
    );
    const cart = required(
      first.verification.pages.find((page) => page.path === '/cart'),
      'the cart was not opened',
    );
    expect(first.verification.pages.map(({ path, view }) => `${path} ${view?.viewport}`)).toEqual([
      '/ desktop',
      '/ phone',
      '/cart desktop',
      '/cart phone',
    ]);
    const isSame = first.verification.pages.map(({ difference }) => difference?.regions.length === 0);
    expect(isSame).toEqual([true, true, false, false]);
    const content = openContentFolder(join(folder, 'artifacts'));
    const shots = [cart.before, cart.after].map((shot) =>
      required(shot?.artifactId, 'a screenshot is missing'),
    );
    const pictures = await Promise.all(shots.map((id) => readArtifact(database.em(), content, id)));
    const marked = required(cart.difference?.picture?.artifactId, 'the change is not marked');
    expect((await readArtifact(database.em(), content, marked)).artifact.name).toBe('cart-changes.png');
    const recordingId = required(first.verification.recordingId, 'the pages were not recorded');
    const film = await readArtifact(database.em(), content, recordingId);
    expect(film.artifact).toMatchObject({ kind: 'recording', mimeType: 'image/gif' });
    for (const { content: png } of pictures) expect(Buffer.from(png.subarray(1, 4)).toString()).toBe('PNG');
    expect(
      Buffer.compare(Buffer.from(pictures[0]?.content ?? []), Buffer.from(pictures[1]?.content ?? [])),
    ).not.toBe(0);

    const next = await play(sessionId, 'also show how much is missing for free shipping', 'follow_up');
    const second = changeOf(next);
    expect(second.verification.passed).toBe(true);
    expect(git('log', '-1', '--format=%P', second.branch)).toBe(first.commit);
    expect(await eventsOf(next, 'pages.captured')).toEqual([]);

    const before = git('rev-parse', 'main');
    const old = await play(sessionId, '', 'merge', { commit: first.commit });
    expect(old.failure).toMatchObject({ code: 'head_moved' });
    expect(git('rev-parse', 'main')).toBe(before);
    const merged = await play(sessionId, '', 'merge', { commit: second.commit });
    expect(merged.result).toMatchObject({ kind: 'merged', commit: second.commit, verified: true });
    const mergeCommit = merged.result?.kind === 'merged' ? merged.result.mergeCommit : '';
    expect(git('rev-parse', 'main')).toBe(mergeCommit);

    const reverted = changeOf(await play(sessionId, 'Revert: the cart', 'revert', { commit: mergeCommit }));
    expect(git('rev-parse', `${reverted.branch}^{tree}`)).toBe(git('rev-parse', `${before}^{tree}`));
    expect(git('log', '-1', '--format=%P', reverted.branch)).toBe(mergeCommit);
    // The sample repo begins with a failing test, and the revert brings that back.
    expect(reverted.verification).toMatchObject({ commit: reverted.commit, passed: false });
    expect(reverted.verification.checks).toHaveLength(2);
    const gone = await play(sessionId, '', 'merge', { commit: reverted.commit, unverified: true });
    expect(gone.result).toMatchObject({ kind: 'merged', commit: reverted.commit });
    const none = await play(sessionId, 'Revert: once more', 'revert', { commit: mergeCommit });
    expect(none.failure).toMatchObject({ code: 'change_refused' });
  });

  it.each([
    ['killed', (name: string) => execFileSync('docker', ['kill', name])],
    ['removed with all that was in it', (name: string) => execFileSync('docker', ['rm', '-f', '-v', name])],
    ['taken by a program that pretends to be a newer worker', pretend],
  ])('goes on in another sandbox where its own is %s', async (_how, harm) => {
    const sessionId = await newSession();
    const playing = play(sessionId, 'take your time');
    await vi.waitFor(
      async () => {
        const events = await eventsOfSession(database.em(), sessionId);
        expect(events.filter(({ body }) => body.type === 'tool.finished').length).toBeGreaterThan(2);
      },
      { timeout: PATIENCE_MS, interval: 200 },
    );
    harm(`threadsmith-${INSTALL}-${sessionId}`);
    const turn = await playing;
    expect(turn.state).toBe('done');
    expect(changeOf(turn).files.map((file) => file.path)).toContain('steps.txt');
  });

  it('is sent back once where a test was skipped, and the result says how its review ended', async () => {
    const skip = `sed -i "s/^test('the total/test.skip('the total/" test/total.test.js`;
    const mend = `git checkout -q -- . && git reset -q && git checkout -q -- test && sed -i 's/line.unitPriceCents;/lineTotal(line);/' src/cart.js`;
    await addScript({
      match: 'make the build green',
      steps: [
        { tools: [{ name: 'shell', arguments: { command: skip } }] },
        { say: 'The build is green.' },
        { tools: [{ name: 'shell', arguments: { command: mend } }] },
        { say: 'The total counts every piece now.' },
      ],
    });
    const turn = await play(await newSession(), 'make the build green');
    const result = changeOf(turn);
    expect(result.review).toMatchObject({ verdict: 'pass', findings: [] });
    expect(result.files.map(({ path }) => path)).toEqual(['src/cart.js']);
    const reviews = (await eventsOf(turn, 'review.finished')).map(({ review }) => review);
    expect(reviews).toHaveLength(2);
    expect(reviews[0]).toMatchObject({
      verdict: 'fail',
      findings: [expect.stringContaining('no longer runs')],
    });
  });

  it('shows a risk that the agent stands by, and never publishes a credential', async () => {
    const token = ['ghp', randomBytes(18).toString('hex')].join('_');
    const skip = `sed -i "s/^test('the total/test.skip('the total/" test/total.test.js`;
    await addScript({
      match: 'quiet the test',
      steps: [
        { tools: [{ name: 'shell', arguments: { command: `${skip}; echo 'TOKEN=${token}' > token.txt` } }] },
        { say: 'Done.' },
        { tools: [{ name: 'shell', arguments: { command: 'rm token.txt' } }] },
        { say: 'The test is quiet, as you asked.' },
        { say: 'The test is quiet, as you asked: it is skipped on purpose.' },
      ],
    });
    const turn = await play(await newSession(), 'quiet the test');
    const { review, branch, summary } = changeOf(turn);
    expect(review).toMatchObject({ verdict: 'fail', findings: [expect.stringContaining('no longer runs')] });
    expect(summary).toContain('on purpose');
    expect(plain.git('log', '--all', '-p', '--format=%s', branch)).not.toContain(token);
  });

  it('looks into an alert without publishing, and reads what people send to it meanwhile', async () => {
    await addScript({
      match: 'what closes the till',
      steps: [
        {
          tools: [
            {
              name: 'shell',
              arguments: { command: 'echo 1 > left.txt; until [ -e /work/tmp/go ]; do sleep 0.1; done' },
            },
          ],
        },
        { say: 'The cause is in `src/cart.js`.' },
      ],
    });
    const sessionId = await newSession();
    const alert = [{ ts: '1.1', text: 'alert: the till is closed' }];
    const playing = play(sessionId, 'Find out what closes the till.', 'alert', { alert, readOnly: true });
    await vi.waitFor(
      async () => {
        const events = await eventsOfSession(database.em(), sessionId);
        expect(events.some(({ body }) => body.type === 'tool.started')).toBe(true);
      },
      { timeout: PATIENCE_MS, interval: 100 },
    );
    const waitingId = await database.transaction(async (em) => {
      const session = required(await lockSession(em, sessionId), 'no session');
      const text = 'look at the oven too';
      return addTurn(em, session, {
        kind: 'follow_up',
        state: 'queued',
        text,
        requester: MIRA,
        messageTs: null,
      });
    });
    expect(await database.transaction((em) => offerSteering(em, waitingId, MIRA.id))).toBe('offered');
    execFileSync('docker', ['exec', `threadsmith-${INSTALL}-${sessionId}`, 'touch', '/work/tmp/go']);
    const turn = await playing;
    expect(turn.result).toMatchObject({ kind: 'answer', text: 'The cause is in `src/cart.js`.' });
    const said = await database.em().find(JournalRow, { sessionId }, { orderBy: { place: 'asc' } });
    const texts = said.flatMap(({ entry }) => (entry.kind === 'message' ? [entry.text] : []));
    expect(texts[0]).toContain('alert: the till is closed\n</alert>');
    expect(texts.at(-1)).toBe('<reply from="Mira Okafor">\nlook at the oven too\n</reply>');
    const waiting = await database.em().findOneOrFail(Turn, { id: waitingId });
    expect(waiting.state).toBe('done');
    const session = await database.em().findOneOrFail(Session, { id: sessionId });
    expect(session.headCommit).toBeNull();
    expect(plain.git('branch', '--list', session.branch)).toBe('');
  });

  it('plans first without changing anything, then carries the plan out, with the files that came along', async () => {
    await addScript({
      match: 'count the crumbs',
      steps: [
        {
          tools: [
            { name: 'shell', arguments: { command: 'echo 1 > planned.txt; git add -A; rm README.md' } },
          ],
        },
        { say: '1. Count them' },
        {
          tools: [
            {
              name: 'shell',
              arguments: { command: 'cat /work/attachments/*/crumbs.csv > counted.txt; cat counted.txt' },
            },
          ],
        },
        { say: 'They are counted.' },
      ],
    });
    const sessionId = await newSession();
    const storeKey = await openContentFolder(join(folder, 'artifacts')).put(Buffer.from('crumbs,12'));
    const file = { name: 'crumbs.csv', mimeType: 'text/csv', sizeBytes: 9 };
    const artifactId = randomUUID();
    const row = {
      ...file,
      id: artifactId,
      sessionId,
      turnId: null,
      kind: 'file' as const,
      altText: '',
      storeKey,
    };
    await database.em().insert(ArtifactRow, { ...row, slackFileId: null, createdAt: new Date() });
    const details = { planFirst: true, files: [{ artifactId, ...file }] };
    const planned = await play(sessionId, 'count the crumbs', 'mention', details);
    expect(planned).toMatchObject({ state: 'waiting', leaseUntil: null });
    expect(planned.details.plans).toEqual([{ text: '1. Count them', decision: null }]);
    const go = { how: 'go', by: MIRA.id, text: '' } as const;
    expect(await database.transaction((em) => decidePlan(em, sessionId, go))).toBe(true);
    await worker.work(planned.id);
    const { files, branch } = changeOf(await database.em().findOneOrFail(Turn, { id: planned.id }));
    expect(files.map(({ path }) => path)).toEqual(['counted.txt']);
    expect(plain.git('show', `${branch}:counted.txt`)).toBe('crumbs,12');
  });

  it('answers a question without a branch', async () => {
    const sessionId = await newSession();
    const turn = await play(sessionId, 'where is the total computed?');
    expect(turn.result).toMatchObject({ kind: 'answer' });
    const session = await database.em().findOneOrFail(Session, { id: sessionId });
    expect(session.headCommit).toBeNull();
    expect(plain.git('branch', '--list', session.branch)).toBe('');
  });
});

// A repo's network in a whole turn: setup, the agent and the checks reach what it names, with a secret that never
// enters the sandbox, and the session's log says what was asked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configOfRepo } from '../../core/config/config.ts';
import type { SecretConfig } from '../../core/config/network.ts';
import type { EventBody } from '../../core/event.ts';
import { createLog } from '../../core/log.ts';
import { createRedactor } from '../../core/redact.ts';
import { JournalRow } from '../../db/entities/log.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { openContentFolder, readArtifact } from '../../db/log/artifacts.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { addTurn, lockSession } from '../../db/turns/requests.ts';
import { type RunningModel, startModel } from '../../playground/model/server.ts';
import { machineCertificates } from '../../sandbox/egress/machine.ts';
import type { Sandbox } from '../../sandbox/port/sandbox.ts';
import { egressFor } from '../../worker/egress/egress.ts';
import { type Networks, networksOf } from '../../worker/egress/networks.ts';
import { createPlainGitForge } from '../../worker/forge/plain-git.ts';
import { createModel } from '../../worker/model/create-model.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { addSession } from '../db/rows.ts';
import { required } from '../required.ts';
import { openTestEngine, type TestEngine } from '../sandbox/engine.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { createRemote, type TestRemote } from './git-repo.ts';

const SECRET = ['canary', 'b81f00d2c7'].join('-');
const MIRA = { id: 'U0MIRA0001', name: 'Mira Okafor', email: 'mira@brightloaf.example' };
const log = createLog({ level: 'error' });

let folder: string;
let api: ApiServer;
let remote: TestRemote;
let own: TestDatabase;
let database: Database;
let model: RunningModel;
let engine: TestEngine;
let worker: Worker;
let networks: Networks;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadsmith-network-'));
  api = await startApiServer('api.test');
  const caFile = join(folder, 'certificates.pem');
  writeFileSync(caFile, `${api.certificate}${await machineCertificates()}`);
  const lookup = async (host: string) => {
    if (host !== 'api.test') throw new Error('ENOTFOUND');
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const url = `https://api.test:${api.port}`;
  remote = createRemote();
  remote.commit({
    'note.txt': 'one\n',
    '.threadsmith.yaml': JSON.stringify({
      setup: [`curl -sS --fail ${url}/setup`],
      checks: [{ name: 'api', run: `curl -sS --fail ${url}/check` }],
    }),
  });
  own = await createTestDatabase();
  database = await openDatabase(own.url, createRedactor([SECRET]));
  model = await startModel({ port: 0 });
  engine = openTestEngine({ caFile, lookup });
  const config = configWith(remote.url);
  const read = await networksOf(config, { SHOP_API: SECRET });
  networks = { ...anywhere(read), certificates: await machineCertificates(caFile), lookup };
  worker = createWorker(
    {
      config,
      database,
      content: openContentFolder(join(folder, 'artifacts')),
      provider: engine.provider,
      forge: createPlainGitForge(),
      model: createModel({ api: 'responses', name: 'scripted', baseUrl: model.url, apiKey: 'sk-test' }),
      networks,
      mirrors: join(folder, 'repos'),
      log,
    },
    'test-worker',
  );
});

afterAll(async () => {
  for (const key of await engine.provider.list()) await engine.provider.remove(key);
  await engine.close();
  await api.close();
  await model.close();
  await database.close();
  await own.drop();
  remote.remove();
  rmSync(folder, { recursive: true, force: true });
});

function configWith(repoUrl: string) {
  const config = configOfRepo('shop', repoUrl);
  const secrets: SecretConfig[] = [
    { host: 'api.test', header: 'Authorization', value_from: 'SHOP_API', format: 'Bearer {value}' },
  ];
  const network = [{ host: 'api.test', ports: [api.port], methods: ['GET'], private: false }];
  return { ...config, repos: config.repos.map((repo) => ({ ...repo, network, secrets })) };
}

/** The server is on this machine's loopback, which no configuration can allow. */
function anywhere({ byRepo, certificates }: Networks): Networks {
  const entries = [...byRepo].map(([name, { policy, env }]) => {
    const rules = policy.rules.map((rule) => ({ ...rule, reach: 'anywhere' as const }));
    return [name, { policy: { ...policy, rules }, env }] as const;
  });
  return { byRepo: new Map(entries), certificates };
}

async function play(text: string): Promise<Turn> {
  const sessionId = await addSession(database);
  await database.em().nativeUpdate(Session, { id: sessionId }, { repo: 'shop' });
  const turnId = await database.transaction(async (em) => {
    const session = required(await lockSession(em, sessionId), 'no session');
    return addTurn(em, session, {
      kind: 'mention',
      state: 'queued',
      text,
      requester: MIRA,
      messageTs: null,
      details: {},
    });
  });
  await worker.work(turnId);
  return database.em().findOneOrFail(Turn, { id: turnId });
}

async function usesOf(turn: Turn): Promise<Extract<EventBody, { type: 'network.used' }>[]> {
  const events = await eventsOfTurn(database.em(), turn.id);
  return events.flatMap(({ body }) => (body.type === 'network.used' ? [body] : []));
}

describe('a turn in a repo with a network', () => {
  test('setup, the agent and the checks reach it; the secret is added outside and the log has no trace of it', async () => {
    const url = `https://api.test:${api.port}`;
    const line = `echo two > note.txt; curl -sS ${url}/agent; curl -sS -X POST ${url}/posted; curl -sS https://other.test/; env | grep -c PROXY`;
    await fetch(new URL('/control/scripts', model.url), {
      method: 'POST',
      body: JSON.stringify({
        name: 'ask the api',
        yaml: JSON.stringify({
          match: 'ask the api',
          steps: [{ tools: [{ name: 'shell', arguments: { command: line } }] }, { say: 'It answered.' }],
        }),
      }),
    });
    const turn = await play('ask the api');
    expect(turn.result).toMatchObject({ kind: 'change', verification: { passed: true } });
    expect(api.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /setup',
      'GET /agent',
      'GET /check',
    ]);
    for (const { headers } of api.seen) expect(headers.authorization).toBe(`Bearer ${SECRET}`);

    const events = await usesOf(turn);
    const uses = events.flatMap((event) => event.uses);
    const asked = uses.filter(({ refused, method }) => refused === null && method === 'GET');
    expect(asked.reduce((sum, { requests }) => sum + requests, 0)).toBe(2);
    expect(uses.flatMap(({ refused }) => refused ?? [])).toEqual([
      `POST is not allowed for api.test:${api.port}`,
      "other.test:443 is not on the repo's list",
    ]);
    const id = required(events.at(-1)?.logArtifactId, 'no log');
    const { content } = await readArtifact(database.em(), openContentFolder(join(folder, 'artifacts')), id);
    const text = Buffer.from(content).toString();
    expect(
      text
        .trim()
        .split('\n')
        .map((entry) => entry.replace(/^\S+ /, '')),
    ).toEqual([
      expect.stringMatching(`^GET api.test:${api.port}/agent 200 sent=0 received=\\d+$`),
      `POST api.test:${api.port}/posted refused: POST is not allowed for api.test:${api.port}`,
      "CONNECT other.test:443 refused: other.test:443 is not on the repo's list",
      expect.stringMatching(`^GET api.test:${api.port}/check 200 sent=0 received=\\d+$`),
    ]);
    const journal = JSON.stringify(await database.em().find(JournalRow, { turnId: turn.id }));
    expect(journal).toContain('hello from /agent');
    expect(journal + text + JSON.stringify(await eventsOfTurn(database.em(), turn.id))).not.toContain(SECRET);
  });

  test('a worker that takes over has the egress, and the one before has it no more', async () => {
    const image = await engine.provider.ensureImage(() => {});
    const saved: string[] = [];
    const egress = egressFor({
      networks,
      repo: 'shop',
      log,
      report: async () => undefined,
      artifacts: {
        save: async (artifact) => {
          saved.push(Buffer.from(artifact.content).toString());
          return { ...artifact, id: 'log', sessionId: 's', turnId: null, sizeBytes: 0 };
        },
        read: () => Promise.reject(new Error('nothing is read here')),
      },
    });
    const ask = async (sandbox: Sandbox, id: string): Promise<string> => {
      const line = `curl -sS -m 60 https://api.test:${api.port}/${id}`;
      return (await sandbox.run({ id, argv: ['bash', '-c', line] })).output.text;
    };
    const open = (provider = engine.provider, fence = 1) => provider.open({ key: 'takeover', image, fence });
    const first = await egress.open(await open());
    expect(await ask(first, 'first')).toContain('hello from /first');
    const second = await egress.open(await open(engine.another(), 2));
    expect(await ask(second, 'second')).toContain('hello from /second');
    await expect(ask(first, 'late')).rejects.toMatchObject({ code: 'sandbox_lost' });
    await second.close();
    const bare = await open(engine.another(), 3);
    const proxy = { https_proxy: 'http://127.0.0.1:39128' };
    const line = `curl -sS -m 5 https://api.test:${api.port}/nobody`;
    const alone = await bare.run({ id: 'alone', argv: ['bash', '-c', line], env: proxy });
    expect(alone.exitCode).not.toBe(0);
    expect((await bare.run({ id: 'env', argv: ['bash', '-c', 'env | grep -ci proxy'] })).output.text).toBe(
      '0\n',
    );
    await Promise.all([first.close(), bare.close()]);
    expect(saved.join('')).toContain('/second 200');
    expect(api.seen.some(({ path }) => path === '/nobody' || path === '/late')).toBe(false);
  });
});

describe('the secrets of a repo', () => {
  const read = (variables: Readonly<Record<string, string>>) =>
    networksOf(configWith('./shop.git'), variables);

  test.each([
    ['is not set', {}, 'SHOP_API, which is not set'],
    ['is empty', { SHOP_API: '' }, 'SHOP_API, which is not set'],
    ['is too short to be hidden', { SHOP_API: 'short' }, 'fewer than 8'],
    ['is no header', { SHOP_API: 'with\nline break' }, 'cannot be sent'],
    ['is not plain text', { SHOP_API: 'pässword-1' }, 'cannot be sent'],
  ])('stop the start where a value %s', async (_what, variables, message) => {
    await expect(read(variables)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(message),
    });
  });

  test('the preset npm also means the registry of this machine, and only to fetch from', async () => {
    const config = configOfRepo('shop', './shop.git');
    const network = [
      { host: 'registry.npmjs.org', ports: [443], methods: ['GET'], private: false, preset: 'npm' as const },
    ];
    const repos = config.repos.map((repo) => ({ ...repo, network }));
    const { byRepo } = await networksOf({ ...config, repos }, {});
    const { policy, env } = required(byRepo.get('shop'), 'no network');
    const host = new URL(required(env['npm_config_registry'], 'no registry')).hostname;
    expect(policy.rules.at(-1)).toMatchObject({ host, reach: 'anywhere', methods: ['GET', 'HEAD'] });
    expect(policy.rules.every(({ methods }) => methods !== undefined)).toBe(true);
  });

  test('are put in as they are, whatever is in them', async () => {
    const { byRepo } = await read({ SHOP_API: "$& $' {value}" });
    expect(byRepo.get('shop')?.policy.secrets).toMatchObject([{ value: "Bearer $& $' {value}" }]);
  });
});

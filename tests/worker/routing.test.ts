// The repo of a request, as a scripted model chooses it from the descriptions: known, unknown, and no answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Config, readConfig } from '../../core/config/config.ts';
import { createLog } from '../../core/log.ts';
import { Session, Turn, type TurnDetails } from '../../db/entities/session.ts';
import { eventsOfTurn } from '../../db/log/events.ts';
import { type Database, openDatabase } from '../../db/schema/database.ts';
import { claimTurn } from '../../db/schema/lease.ts';
import { routeTurn } from '../../worker/turn/route-repo.ts';
import { addSession, addTurnIn } from '../db/rows.ts';
import { required } from '../required.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { modelAt, type ScriptedModel, startScriptedModel } from './model/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'threadsmith-routing-'));
const log = createLog({ level: 'error' });
let own: TestDatabase;
let database: Database;
let server: ScriptedModel;
let config: Config;

beforeAll(async () => {
  const file = join(folder, 'threadsmith.yaml');
  const repos = [
    { name: 'shop', url: '/shop', description: 'The web shop' },
    { name: 'ledger', url: '/ledger', description: 'Invoices' },
    { name: 'secret', url: '/secret', description: 'Not offered' },
  ];
  writeFileSync(file, stringify({ repos, people: {} }));
  config = readConfig(file);
  own = await createTestDatabase();
  database = await openDatabase(own.url);
  server = await startScriptedModel();
  const answers = {
    invoice: '```json\n{"repo": "ledger"}\n```',
    weather: '{"repo": "unknown"}',
    other: '{"repo": "secret"}',
    chatty: 'It could be anything.',
  };
  for (const [name, say] of Object.entries(answers)) {
    const script = { match: `^\\s*${name}`, system_matches: 'which repository', steps: [{ say }] };
    await server.addScript(name, JSON.stringify(script));
  }
});
afterAll(async () => {
  await server.close();
  await database.close();
  await own.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function route(text: string, otherwise: string | null = null) {
  const sessionId = await addSession(database);
  await database.em().nativeUpdate(Session, { id: sessionId }, { repo: null });
  const turnId = await addTurnIn(database, sessionId, 'queued');
  const details: TurnDetails = {
    routing: { choices: ['shop', 'ledger'], reason: 'None is set.', otherwise },
  };
  await database.em().nativeUpdate(Turn, { id: turnId }, { text, details });
  const lease = required(await claimTurn(database, turnId, 'test'), 'the turn was not to be had');
  const turn = await database.em().findOneOrFail(Turn, { id: turnId });
  const tools = { database, config, model: modelAt(server), log };
  const repo = await routeTurn(tools, lease, turn, new AbortController().signal);
  const after = await database.em().findOneOrFail(Turn, { id: turnId });
  const session = await database.em().findOneOrFail(Session, { id: sessionId });
  const events = (await eventsOfTurn(database.em(), turnId)).map(({ body }) => body);
  return { repo, state: after.state, chosen: session.repo, begun: after.startedAt, event: events.at(-1) };
}

it('is the one that the model names', async () => {
  expect(await route('invoice numbers are wrong')).toMatchObject({
    repo: 'ledger',
    state: 'running',
    chosen: 'ledger',
    event: { type: 'turn.routed', repo: 'ledger', why: 'by its description' },
  });
});

it.each(['weather', 'chatty', 'other'])('is asked of a person where the model says %s', async (text) => {
  expect(await route(text)).toMatchObject({
    repo: null,
    state: 'needs_repo',
    chosen: null,
    begun: null,
    event: { type: 'turn.repo_needed', choices: ['shop', 'ledger'], reason: 'None is set.' },
  });
});

it("is the person's default where the model does not know, or does not answer", async () => {
  expect(await route('weather', 'shop')).toMatchObject({ repo: 'shop', event: { why: 'your default' } });
  await server.inject({ kind: 'http_401' });
  expect(await route('invoice', 'shop')).toMatchObject({ repo: 'shop', state: 'running' });
});

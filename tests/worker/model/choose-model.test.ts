// Where no model is named, the server is asked; where that leaves it open, a person is.
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { startModel } from '../../../playground/model/server.ts';
import { chooseModel } from '../../../worker/model/choose-model.ts';
import { type RawServer, refusal, startRawServer } from './server.ts';

const NOW = new Date('2026-12-01T00:00:00Z');
/** As OpenAI lists its models, in the order in which it does: none. */
const OPENAI = [
  { id: 'text-embedding-3-large', created: 1_900_000_000 },
  { id: 'gpt-9', created: 1_790_000_000 },
  { id: 'gpt-9-2026-09-20', created: 1_790_000_001 },
  { id: 'gpt-9-mini', created: 1_790_000_002 },
  { id: 'gpt-9-realtime-preview', created: 1_800_000_000 },
  { id: 'gpt-8-codex', created: 1_780_000_000 },
  { id: 'gpt-10', created: 1_795_000_000, shutdown_date: '2026-12-11' },
  { id: 'gpt-7', created: 1_760_000_000, shutdown_date: '2026-07-23' },
];

let server: RawServer | undefined;
afterEach(() => server?.close());

function list(models: readonly object[]) {
  const data = models.map((model) => ({ object: 'model', owned_by: 'test', ...model }));
  return (response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ object: 'list', data }));
  };
}

async function chosenAt(...handlers: Parameters<typeof startRawServer>[0]): Promise<string> {
  server = await startRawServer(handlers);
  return chooseModel({ api: 'chat', baseUrl: server.url, apiKey: 'local-key-1234567890' }, NOW);
}

describe('the model where none is named', () => {
  test('is the newest that works on code and is not about to be shut down', async () => {
    expect(await chosenAt(list(OPENAI))).toBe('gpt-9');
  });

  test('is the only one of a server, under any name', async () => {
    expect(await chosenAt(list([{ id: 'qwen3-coder:30b-instruct' }]))).toBe('qwen3-coder:30b-instruct');
  });

  test('is the scripted one of the local model server', async () => {
    const scripted = await startModel();
    try {
      expect(await chooseModel({ api: 'chat', baseUrl: scripted.url, apiKey: 'none' })).toBe('scripted');
    } finally {
      await scripted.close();
    }
  });

  test('is Anthropic’s newest that is neither small nor about to be retired', async () => {
    const list = [
      { id: 'claude-haiku-9', created_at: '2026-11-01T00:00:00Z', lifecycle: 'active', retires_at: null },
      { id: 'claude-x-8', created_at: '2026-09-01T00:00:00Z', lifecycle: 'active', retires_at: null },
      {
        id: 'claude-x-9',
        created_at: '2026-10-01T00:00:00Z',
        lifecycle: 'deprecated',
        retires_at: '2026-12-20T00:00:00Z',
      },
      { id: 'claude-x-7', created_at: '2026-10-02T00:00:00Z', lifecycle: 'retired', retires_at: null },
    ];
    server = await startRawServer([
      (response) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ data: list, has_more: false }));
      },
    ]);
    expect(await chooseModel({ api: 'messages', baseUrl: server.url, apiKey: 'k' }, NOW)).toBe('claude-x-8');
  });

  test('is a person’s choice where a gateway gives all of them the same date', async () => {
    const models = ['claude', 'gemini', 'deepseek'].map((id) => ({ id, created: 1_677_610_602 }));
    await expect(chosenAt(list(models))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('has claude, gemini, deepseek.'),
      advice: expect.stringContaining('OPENAI_MODEL'),
    });
  });

  test('is a person’s choice where the server has none that is known to work on code', async () => {
    await expect(chosenAt(list([]))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('lists none.'),
    });
    const odd = ['nomic-embed-text', 'whisper-1'].map((id) => ({ id }));
    await server?.close();
    await expect(chosenAt(list(odd))).rejects.toMatchObject({ code: 'config_invalid' });
  });

  test('has to be named where the server has no list, and what it said is told without its key', async () => {
    const unknown = refusal(404, { message: 'No route for local-key-1234567890', code: 'not_found' });
    await expect(chosenAt(unknown)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.not.stringContaining('local-key'),
      advice: expect.stringContaining('model.name'),
    });
  });
});

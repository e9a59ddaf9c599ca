// The scripted model as Anthropic's server, with Anthropic's own SDK: what it streams is understood, and what the
// vendor refuses is refused.
import Anthropic from '@anthropic-ai/sdk';
import type {
  MessageCreateParamsNonStreaming,
  MessageParam,
  ThinkingBlockParam,
  ToolUseBlockParam,
} from '@anthropic-ai/sdk/resources/messages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningModel, refusedApiKey, startModel } from '../../playground/model/server.ts';
import { addScript } from './model-control.ts';

const SCRIPT = `
match: bake a cake
steps:
  - thinking: First the flour.
    say: I look.
    tools:
      - { name: search, arguments: { pattern: flour } }
      - { name: search, arguments: { pattern: eggs } }
    usage: { input_tokens: 1234, cached_tokens: 1000, output_tokens: 56 }
  - say: Done.
`;
const ASK: MessageParam = { role: 'user', content: 'bake a cake' };
const tools = [{ name: 'search', description: 'Search.', input_schema: { type: 'object' as const } }];

let model: RunningModel;
let client: Anthropic;
beforeAll(async () => {
  model = await startModel();
  client = clientFor('sk-test');
  await addScript(model.url, 'cake', SCRIPT);
});
afterAll(() => model.close());

function clientFor(apiKey: string): Anthropic {
  return new Anthropic({ apiKey, authToken: null, baseURL: model.url.replace(/\/v1$/, ''), maxRetries: 0 });
}

function ask(messages: MessageParam[], changes: Partial<MessageCreateParamsNonStreaming> = {}) {
  return client.messages.create({ model: 'scripted', max_tokens: 1000, messages, tools, ...changes });
}

async function answered(): Promise<{ readonly said: MessageParam; readonly results: MessageParam }> {
  const { content } = await ask([ASK]);
  const results = content.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'some' }]
      : [],
  );
  const said = content.map((block) => {
    if (block.type === 'text') return { type: block.type, text: block.text };
    if (block.type === 'tool_use')
      return { type: block.type, id: block.id, name: block.name, input: block.input };
    if (block.type === 'thinking')
      return { type: block.type, thinking: block.thinking, signature: block.signature };
    throw new Error(`There is a block of kind ${block.type}.`);
  });
  return { said: { role: 'assistant', content: said }, results: { role: 'user', content: results } };
}

describe('Anthropic’s Messages API', () => {
  it('streams thinking with its signature, text and calls, and the SDK puts them together', async () => {
    const stream = client.messages.stream({ model: 'scripted', max_tokens: 1000, messages: [ASK], tools });
    const message = await stream.finalMessage();
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'First the flour.', signature: expect.stringMatching(/.{20}/) },
      { type: 'text', text: 'I look.' },
      { type: 'tool_use', name: 'search', input: { pattern: 'flour' } },
      { type: 'tool_use', name: 'search', input: { pattern: 'eggs' } },
    ]);
    expect(message).toMatchObject({ stop_reason: 'tool_use' });
    expect(message.usage).toMatchObject({
      input_tokens: 234,
      cache_read_input_tokens: 1000,
      output_tokens: 56,
    });
  });

  it('goes on where all comes back as it came', async () => {
    const { said, results } = await answered();
    expect((await ask([ASK, said, results])).content).toMatchObject([{ type: 'text', text: 'Done.' }]);
  });

  it('lists its models in its own form', async () => {
    const { data } = await client.models.list();
    expect(data).toMatchObject([{ type: 'model', id: 'scripted', lifecycle: 'active' }]);
  });
});

describe('what Anthropic refuses', () => {
  const text = (words: string): MessageParam => ({ role: 'user', content: [{ type: 'text', text: words }] });

  it.each<[string, (parts: Awaited<ReturnType<typeof answered>>) => MessageParam[], RegExp]>([
    ['a call without its result', ({ said }) => [ASK, said, text('well?')], /without `tool_result` blocks/],
    [
      'a result behind words',
      ({ said, results }) => [ASK, said, text('well?'), results],
      /without `tool_result` blocks/,
    ],
    ['a result without its call', ({ results }) => [ASK, results], /unexpected `tool_use_id`/],
    [
      'an answer of the model at the end',
      ({ said, results }) => [ASK, said, results, { role: 'assistant', content: 'I' }],
      /must end with a user message/,
    ],
    [
      'an answer of the model at the beginning',
      ({ said, results }) => [said, results],
      /first message must use/,
    ],
    ['a text of blanks', () => [text(' \n ')], /non-whitespace text/],
    [
      'thinking that was changed',
      ({ said, results }) => [ASK, changed(said), results],
      /Invalid `signature`/,
    ],
  ])('%s', async (_what, messages, words) => {
    await expect(ask(messages(await answered()))).rejects.toMatchObject({
      status: 400,
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringMatching(words) },
      },
    });
  });

  it('more than four marks for the cache, unknown fields, too long an answer, a choice at the root of a schema', async () => {
    const mark = { cache_control: { type: 'ephemeral' as const } };
    const marked = Array.from({ length: 5 }, () => ({ type: 'text' as const, text: 'x', ...mark }));
    await expect(ask([{ role: 'user', content: marked }])).rejects.toMatchObject({ status: 400 });
    const long = { model: 'scripted', max_tokens: 1_000_000, messages: [ASK], stream: true as const };
    await expect(client.messages.create(long)).rejects.toThrow(/max_tokens: 1000000 > 64000/);
    const extra = { role: 'user' as const, content: 'bake a cake', name: 'Ann' };
    await expect(ask([extra])).rejects.toThrow(/Extra inputs are not permitted/);
    const choice = { type: 'object' as const, anyOf: [{ type: 'object' }] };
    await expect(ask([ASK], { tools: [{ name: 'search', input_schema: choice }] })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('a wrong key', async () => {
    const asked = clientFor(refusedApiKey).messages.create({
      model: 'scripted',
      max_tokens: 10,
      messages: [ASK],
    });
    await expect(asked).rejects.toMatchObject({ status: 401 });
  });
});

function changed(said: MessageParam): MessageParam {
  const blocks = typeof said.content === 'string' ? [] : said.content;
  const content = blocks.flatMap((block): (ThinkingBlockParam | ToolUseBlockParam)[] => {
    if (block.type === 'thinking') return [{ ...block, thinking: 'Eggs first.' }];
    return block.type === 'tool_use' ? [block] : [];
  });
  return { role: 'assistant', content };
}

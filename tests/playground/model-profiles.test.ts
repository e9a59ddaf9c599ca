// The scripted model under a vendor's name refuses what that vendor refuses: a product that forgets what came beside
// an answer fails here as it would there.
import type OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningModel, startModel } from '../../playground/model/server.ts';
import { addScript } from './model-control.ts';
import { clientFor, tools as responsesTools } from './model-player.ts';

const SCRIPT = `
match: bake a cake
steps:
  - thinking: First the flour.
    say: I look.
    tools:
      - { name: search, arguments: { pattern: flour } }
      - { name: search, arguments: { pattern: eggs } }
  - say: Done.
`;
const ASK: ChatCompletionMessageParam = { role: 'user', content: 'bake a cake' };
const IMAGE: ChatCompletionMessageParam = {
  role: 'user',
  content: [
    { type: 'text', text: 'bake a cake' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
  ],
};

const tools = responsesTools.map(({ type, name, description, parameters }) => ({
  type,
  function: { name, description, parameters },
}));

let model: RunningModel;
let client: OpenAI;
beforeAll(async () => {
  model = await startModel();
  client = clientFor(model.url);
  await addScript(model.url, 'cake', SCRIPT);
});
afterAll(() => model.close());

type Assistant = OpenAI.ChatCompletionMessage;

async function firstAnswer(name: string): Promise<Assistant> {
  const { choices } = await client.chat.completions.create({ model: name, messages: [ASK], tools });
  const message = choices[0]?.message;
  if (message?.tool_calls?.length !== 2) throw new Error('The answer has not its two calls.');
  return message;
}

function goOn(
  name: string,
  answer: Assistant,
  change: (answer: Assistant) => Assistant,
  ...more: ChatCompletionMessageParam[]
) {
  const results = (answer.tool_calls ?? []).map(({ id }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: 'x',
  }));
  const messages = [ASK, change(answer), ...results, ...more];
  return client.chat.completions.create({ model: name, messages, tools });
}

const asItCame = (answer: Assistant): Assistant => answer;
const bare = ({ role, content, refusal, tool_calls: calls }: Assistant): Assistant => ({
  role,
  content,
  refusal,
  tool_calls: (calls ?? []).flatMap((call) =>
    call.type === 'function' ? [{ id: call.id, type: call.type, function: call.function }] : [],
  ),
});

describe('what came beside an answer', () => {
  it.each([
    'scripted',
    'scripted-gemini',
    'scripted-deepseek',
    'scripted-mistral',
    'scripted-openrouter',
    'scripted-text',
  ])('lets %s go on where it comes back as it came', async (name) => {
    const answer = await firstAnswer(name);
    const { choices } = await goOn(name, answer, asItCame);
    expect(choices[0]?.message.content).toBe('Done.');
  });

  it.each([
    ['gemini', /missing a thought_signature/],
    ['deepseek', /Missing `reasoning_content`/],
  ])('is asked for by %s', async (vendor, words) => {
    const answer = await firstAnswer(`scripted-${vendor}`);
    await expect(goOn(`scripted-${vendor}`, answer, bare)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(words),
    });
  });

  it('may not be changed behind OpenRouter', async () => {
    const answer = await firstAnswer('scripted-openrouter');
    const changed = (message: Assistant): Assistant =>
      Object.assign({ ...message }, { reasoning_details: [] });
    await expect(goOn('scripted-openrouter', answer, changed)).rejects.toMatchObject({ status: 400 });
  });
});

describe('the order and the form of messages', () => {
  it('Mistral refuses other ids than its own, and a person right behind a tool', async () => {
    const name = 'scripted-mistral';
    const answer = await firstAnswer(name);
    expect(answer.tool_calls?.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^[a-zA-Z0-9]{9}$/),
      expect.stringMatching(/^[a-zA-Z0-9]{9}$/),
    ]);
    const renamed = (message: Assistant): Assistant => ({
      ...message,
      tool_calls: (message.tool_calls ?? []).map((call) => ({ ...call, id: `call_${call.id}` })),
    });
    await expect(goOn(name, renamed(answer), asItCame)).rejects.toMatchObject({ status: 400 });
    await expect(goOn(name, answer, asItCame, ASK)).rejects.toMatchObject({
      message: expect.stringContaining("Unexpected role 'user' after role 'tool'"),
    });
  });

  it.each(['deepseek', 'text'])('%s takes no pictures', async (vendor) => {
    const asked = client.chat.completions.create({ model: `scripted-${vendor}`, messages: [IMAGE] });
    await expect(asked).rejects.toMatchObject({ status: 400 });
    await expect(
      client.chat.completions.create({ model: 'scripted', messages: [IMAGE] }),
    ).resolves.toBeDefined();
  });
});

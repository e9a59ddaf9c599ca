// One conversation, any vendor: what each wants beside OpenAI's protocol, changes of the model in the middle of a
// turn, and models that take text only.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConversationEntry, ResponseEntry } from '../../../core/journal.ts';
import type { Model, ModelApi, ModelRequest } from '../../../worker/model/model.ts';
import { modelAt, type RawServer, refusal, startRawServer, stream, useScriptedModel } from './server.ts';

const SCRIPT = `
match: paint the shed
steps:
  - say: I look first.
    thinking: Sheds are brown.
    tools:
      - { name: shell, arguments: { command: ls } }
      - { name: shell, arguments: { command: pwd } }
  - tools: [{ name: shell, arguments: { command: paint } }]
  - say: It is green.
`;
const VENDORS = ['gemini', 'deepseek', 'mistral', 'openrouter', 'text'] as const;
/** What has to be in the last request of a turn. */
const BESIDE: Readonly<Record<(typeof VENDORS)[number], readonly string[]>> = {
  gemini: ['thought_signature'],
  deepseek: ['"reasoning_content":"Sheds are brown."', '"reasoning_content":""'],
  mistral: [],
  openrouter: ['reasoning.text', 'reasoning.encrypted'],
  text: [],
};
const PICTURE = { mimeType: 'image/png', base64: 'iVBORw0KGgo=' };
const tools = [{ name: 'shell', description: 'Run.', parameters: { type: 'object', properties: {} } }];
const signal = new AbortController().signal;

const server = useScriptedModel({});
beforeEach(async () => {
  await server.reset();
  await server.addScript('shed', SCRIPT);
});

const modelOf = (name: string, api: ModelApi = 'chat', url = server.url): Model =>
  modelAt({ url }, { api, name, retry: { maxTries: 2 } });

function requestOf(entries: readonly ConversationEntry[]): ModelRequest {
  return { instructions: 'You paint.', entries, tools, images: new Map([['p', PICTURE]]) };
}

const ASK: ConversationEntry = { kind: 'message', text: 'please paint the shed' };

/** One step with each model after the other, the results of its calls included. */
async function stepsOf(models: readonly Model[], entries: readonly ConversationEntry[] = [ASK]) {
  let said = entries;
  for (const model of models) {
    const { response } = await model.respond(requestOf(said), { signal });
    said = [...said, kept(response), ...resultsOf(response)];
  }
  return said;
}

/** As it comes out of PostgreSQL: with its keys in another order. */
function kept(response: ResponseEntry): ResponseEntry {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, turned(inner)]),
    );
  };
  return {
    ...response,
    ...(response.opaque === undefined ? {} : { opaque: JSON.parse(JSON.stringify(turned(response.opaque))) }),
  };
}

function resultsOf({ toolCalls }: ResponseEntry): readonly ConversationEntry[] {
  return toolCalls.map(({ callId }) => ({ kind: 'tool_result', callId, ok: true, output: 'fine' }));
}

describe.each(VENDORS)('a turn with %s', (vendor) => {
  it('goes on to its end: all that came beside an answer comes back', async () => {
    const model = modelOf(`scripted-${vendor}`);
    const said = await stepsOf([model, model, model]);
    expect(said.at(-1)).toMatchObject({ text: 'It is green.' });
    const last = JSON.stringify((await server.requests()).at(-1)?.body);
    for (const word of BESIDE[vendor]) expect(last).toContain(word);
    expect(last).not.toContain('skip_thought_signature_validator');
  });

  it('takes words of people right behind results', async () => {
    const model = modelOf(`scripted-${vendor}`);
    const said = await stepsOf([model]);
    const more = { kind: 'message', text: 'and quickly', id: 'reply-1' } as const;
    await expect(model.respond(requestOf([...said, more]), { signal })).resolves.toBeDefined();
  });

  it.each(VENDORS)('goes on where %s began', async (other) => {
    const said = await stepsOf([modelOf(`scripted-${other}`)]);
    const model = modelOf(`scripted-${vendor}`);
    await expect(model.respond(requestOf(said), { signal })).resolves.toBeDefined();
  });

  it.each(['responses', 'chat', 'messages'] as const)(
    'goes on where OpenAI began over %s, and the other way round',
    async (api) => {
      const begun = await stepsOf([modelOf('scripted', api)]);
      await expect(
        modelOf(`scripted-${vendor}`).respond(requestOf(begun), { signal }),
      ).resolves.toBeDefined();
      const other = await stepsOf([modelOf(`scripted-${vendor}`)]);
      await expect(modelOf('scripted', api).respond(requestOf(other), { signal })).resolves.toBeDefined();
    },
  );

  it('begins each request with the one before', async () => {
    const model = modelOf(`scripted-${vendor}`);
    await stepsOf([model, model, model]);
    const bodies = (await server.requests()).map(({ body }) => JSON.stringify(body).replace(/\]\}$/, ''));
    for (const [index, body] of bodies.entries()) expect(bodies[index + 1] ?? body).toContain(body);
  });
});

describe('a turn with Anthropic', () => {
  const messages = () => modelOf('scripted', 'messages');

  it('marks for the cache what the next request begins with: instructions, tools and the last two messages', async () => {
    await stepsOf([messages(), messages(), messages()]);
    const bodies = (await server.requests()).map(({ body }) => JSON.stringify(body));
    expect(bodies.map((body) => body.match(/"cache_control"/g)?.length)).toEqual([3, 4, 4]);
    const plain = bodies.map((body) =>
      body.replaceAll(',"cache_control":{"type":"ephemeral"}', '').slice(0, -2),
    );
    expect(plain[1]?.startsWith(plain[0] ?? '-')).toBe(true);
    expect(plain[2]?.startsWith(plain[1] ?? '-')).toBe(true);
    expect(plain[2]).toContain('"thinking":"Sheds are brown.","signature":');
  });

  it('goes on behind ids, arguments and texts that its API would refuse', async () => {
    const odd: ResponseEntry = {
      kind: 'response',
      model: 'other',
      text: ' \n',
      toolCalls: [{ callId: 'call.1|x', name: 'shell', argumentsText: '["ls"' }],
      usage: { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
    };
    const result: ConversationEntry = { kind: 'tool_result', callId: 'call.1|x', ok: false, output: '' };
    await expect(messages().respond(requestOf([ASK, odd, result]), { signal })).resolves.toBeDefined();
  });

  it('learns once how long an answer of the model may be', async () => {
    const event = (type: string, more: object = {}) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
    const long = refusal(400, {
      type: 'invalid_request_error',
      message: 'max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for small',
    });
    const raw = await startRawServer([
      long,
      (response) => {
        response.setHeader('content-type', 'text/event-stream');
        response.end(
          event('message_start', { message: { usage: { input_tokens: 3, output_tokens: 1 } } }) +
            event('content_block_start', { index: 0, content_block: { type: 'text', text: 'Yes.' } }) +
            event('content_block_stop', { index: 0 }) +
            event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }) +
            event('message_stop'),
        );
      },
    ]);
    const model = modelOf('small', 'messages', raw.url);
    await model.respond(requestOf([ASK]), { signal });
    const { response } = await model.respond(requestOf([ASK]), { signal });
    expect(response).toMatchObject({ text: 'Yes.', usage: { inputTokens: 3, outputTokens: 2 } });
    expect(raw.bodies.map((body) => JSON.parse(body).max_tokens)).toEqual([32_000, 8192, 8192]);
    await raw.close();
  });
});

describe('a model that takes text only', () => {
  const seen: ConversationEntry = {
    ...ASK,
    kind: 'message',
    text: 'please paint the shed',
    imageArtifactIds: ['p'],
  };

  it.each(['deepseek', 'text'])(
    '(%s) is told of pictures in words, in requests and in results',
    async (vendor) => {
      const model = modelOf(`scripted-${vendor}`);
      const said = await stepsOf([model], [seen]);
      const pictured = said.map(
        (entry): ConversationEntry =>
          entry.kind === 'tool_result' ? { ...entry, imageArtifactIds: ['p'] } : entry,
      );
      await model.respond(requestOf(pictured), { signal });
      const bodies = JSON.stringify((await server.requests()).at(-1)?.body);
      expect(bodies).not.toContain('image_url');
      expect(bodies.match(/which you cannot see/g)).toHaveLength(3);
    },
  );

  it('is asked with a picture once and no more', async () => {
    const model = modelOf('scripted-text');
    await stepsOf([model, model], [seen]);
    expect((await server.requests()).map(({ body }) => JSON.stringify(body).includes('image_url'))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is none where pictures are taken: they go out', async () => {
    await stepsOf([modelOf('scripted'), modelOf('scripted-gemini')], [seen]);
    for (const { body } of await server.requests()) expect(JSON.stringify(body)).toContain('image_url');
  });
});

describe('words in which servers refuse pictures', () => {
  let raw: RawServer | undefined;
  const answered = stream([
    {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content: 'Yes.' }, finish_reason: 'stop' }],
    },
  ]);

  it.each([
    [400, 'At most 0 image(s) may be provided in one prompt.'],
    [400, 'messages[1]: unknown variant `image_url`, expected `text`'],
    [404, 'No endpoints found that support image input'],
    [400, 'Invalid content type. image_url is only supported by certain models.'],
    [400, 'This model does not support image inputs.'],
    [422, "'some-coder' is not a multimodal model"],
    [400, 'Model does not support vision'],
  ])('%i %s', async (status, message) => {
    raw = await startRawServer([refusal(status, { message }), answered]);
    try {
      const entry: ConversationEntry = { kind: 'message', text: 'Look.', imageArtifactIds: ['p'] };
      const { response } = await modelOf('m', 'chat', raw.url).respond(requestOf([entry]), { signal });
      expect(response.text).toBe('Yes.');
      expect(raw.bodies.map((body) => body.includes('image_url'))).toEqual([true, false]);
    } finally {
      await raw.close();
    }
  });

  it('others stay what they are, and a request without pictures is not sent again', async () => {
    raw = await startRawServer([refusal(400, { message: 'The image model field is wrong.' })]);
    const asked = modelOf('m', 'chat', raw.url).respond(requestOf([ASK]), { signal });
    await expect(asked).rejects.toMatchObject({ code: 'model_refused' });
    expect(raw.bodies).toHaveLength(1);
    await raw.close();
  });
});

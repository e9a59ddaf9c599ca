// The Responses API of OpenAI and compatible servers, streaming and without anything stored there.
import { APIError, BadRequestError } from 'openai';
import type { FunctionTool, ResponseCreateParamsStreaming } from 'openai/resources/responses/responses';
import { connect, type ModelSettings } from './client.ts';
import { eventsOf } from './events.ts';
import { BrokenStream, faultOf } from './faults.ts';
import type { Model, ModelAnswer, ModelRequest, RespondOptions, ToolSpec } from './model.ts';
import { RESPONSES_API, toInput } from './responses-input.ts';
import {
  callsOf,
  eventSchema,
  type FinalEvent,
  finalEventSchema,
  isFinal,
  knownItems,
  needsVerbatim,
  textOf,
  usableItems,
} from './responses-output.ts';
import { withRetries } from './retry.ts';

/** A model behind the Responses API. */
export function responsesModel(settings: ModelSettings): Model {
  const { client, server } = connect(settings);
  // Models without reasoning refuse to be asked for it; learnt once per process.
  let wantsReasoning = true;

  async function attempt(request: ModelRequest, options: RespondOptions): Promise<ModelAnswer> {
    const body = bodyOf(request, settings.name, wantsReasoning);
    const events = eventsOf((signal) => client.responses.create(body, { signal }).asResponse(), {
      signal: options.signal,
      idleTimeoutMs: settings.idleTimeoutMs,
      isLast: isFinal,
    });
    const items: unknown[] = [];
    let answer: ModelAnswer | null = null;
    for await (const raw of events) {
      const { type, delta, item } = eventSchema.safeParse(raw).data ?? {};
      if (type === 'response.output_text.delta' && typeof delta === 'string') options.onDelta?.(delta);
      if (type === 'response.output_item.done') items.push(item);
      // Told by its type first: a schema that fails on every piece of text costs more than the piece.
      const last = isFinal(raw) ? finalEventSchema.safeParse(raw) : null;
      if (last?.success) answer = answerOf(last.data, items, settings.name);
    }
    if (answer === null) throw new BrokenStream('The stream ended before the response was complete.');
    return answer;
  }

  return {
    name: settings.name,
    api: RESPONSES_API,
    respond: (request, options) =>
      withRetries(
        async () => {
          try {
            return await attempt(request, options);
          } catch (thrown) {
            if (!wantsReasoning || !refusesReasoning(thrown)) throw thrown;
            wantsReasoning = false;
            return attempt(request, options);
          }
        },
        (thrown) => faultOf(thrown, server),
        { policy: settings.retry, signal: options.signal, onWait: options.onWait },
      ),
  };
}

/** `input` comes last, so that the body of the next request begins with all of this one. */
function bodyOf(
  request: ModelRequest,
  model: string,
  wantsReasoning: boolean,
): ResponseCreateParamsStreaming {
  return {
    model,
    stream: true,
    store: false,
    ...(wantsReasoning ? { include: ['reasoning.encrypted_content' as const] } : {}),
    parallel_tool_calls: true,
    instructions: request.instructions,
    tools: request.tools.map(toTool),
    input: [...toInput(request.entries, request.images, model)],
  };
}

function toTool(tool: ToolSpec): FunctionTool {
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    parameters: { ...tool.parameters },
    // Strict schemas forbid optional fields, and compatible servers ignore the flag.
    strict: false,
  };
}

function refusesReasoning(thrown: unknown): boolean {
  return (
    thrown instanceof BadRequestError &&
    (thrown.param === 'include' || /encrypted.content/i.test(thrown.message))
  );
}

function answerOf(last: FinalEvent, streamed: readonly unknown[], model: string): ModelAnswer {
  const { response } = last;
  if (last.type === 'response.failed') {
    const error = {
      code: response.error?.code ?? null,
      message: response.error?.message ?? 'no reason given',
    };
    throw new APIError(undefined, error, error.message, new Headers());
  }
  const reason =
    last.type === 'response.incomplete' ? (response.incomplete_details?.reason ?? 'unknown') : null;
  // Items as they were finished in the stream: some servers leave the final list empty.
  const all = knownItems(streamed.length > 0 ? streamed : (response.output ?? []));
  const items = usableItems(all, reason !== 'content_filter');
  return {
    ending: reason === null ? 'complete' : reason === 'content_filter' ? 'filtered' : 'length',
    response: {
      kind: 'response',
      model,
      text: textOf(items),
      toolCalls: callsOf(items),
      usage: {
        inputTokens: response.usage?.input_tokens ?? 0,
        cachedTokens: response.usage?.input_tokens_details?.cached_tokens ?? 0,
        outputTokens: response.usage?.output_tokens ?? 0,
      },
      ...(needsVerbatim(items) ? { opaque: { api: RESPONSES_API, items } } : {}),
    },
  };
}

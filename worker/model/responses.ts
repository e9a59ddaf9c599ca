// The Responses API of OpenAI and compatible servers, streaming and without anything stored there.
import type OpenAI from 'openai';
import { BadRequestError } from 'openai';
import type {
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseIncludable,
} from 'openai/resources/responses/responses';
import type { Api } from './api.ts';
import type { ModelRequest, ToolSpec } from './model.ts';
import { toInput } from './responses-input.ts';
import { isFinal, ResponsesAnswer } from './responses-output.ts';

/** The API for a model of this name. */
export function responsesApi(client: OpenAI, model: string): Api {
  // Models without reasoning refuse to be asked for it; learnt once per process.
  let wantsReasoning = true;
  const send: Api['send'] = async (request, signal) => {
    const isAsked = wantsReasoning;
    const body = bodyOf(request, model, isAsked ? ['reasoning.encrypted_content'] : []);
    try {
      return await client.responses.create(body, { signal }).asResponse();
    } catch (thrown) {
      if (!isAsked || !refusesReasoning(thrown)) throw thrown;
      wantsReasoning = false;
      return send(request, signal);
    }
  };
  return { send, isLast: isFinal, begin: () => new ResponsesAnswer() };
}

/** `input` comes last, so that the body of the next request begins with all of this one. */
function bodyOf(
  request: ModelRequest,
  model: string,
  include: ResponseIncludable[],
): ResponseCreateParamsStreaming {
  return {
    model,
    stream: true,
    store: false,
    ...(include.length > 0 ? { include } : {}),
    parallel_tool_calls: true,
    instructions: request.instructions,
    tools: request.tools.map(toTool),
    input: [...toInput(request.entries, request.images, model)],
  };
}

function toTool({ name, description, parameters }: ToolSpec): FunctionTool {
  // Strict schemas forbid optional fields, and compatible servers ignore the flag.
  return { type: 'function', name, description, parameters: { ...parameters }, strict: false };
}

function refusesReasoning(thrown: unknown): boolean {
  return (
    thrown instanceof BadRequestError &&
    (thrown.param === 'include' || /encrypted.content/i.test(thrown.message))
  );
}

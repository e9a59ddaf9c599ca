// An answer as it goes over the wire, the same for all APIs: a JSON body or the frames of an event stream.

import type { PricedAnswer } from './answer.ts';
import { chatBody, chatChunks } from './chat-answer.ts';
import { readChatRequest } from './chat-request.ts';
import { messagesBody, messagesEvents } from './messages-answer.ts';
import { readMessagesRequest } from './messages-request.ts';
import type { Json } from './responses-answer.ts';
import { responsesBody, responsesEvents, responsesFailure } from './responses-answer.ts';
import { readResponsesRequest } from './responses-request.ts';
import type { Transcript } from './transcript.ts';

export type Api = 'responses' | 'chat' | 'messages';

export interface Reply {
  readonly body: Json;
  readonly frames: readonly string[];
  /** How many of the frames come before the model says anything. */
  readonly openingFrames: number;
  /** How many of the frames come before the last piece of the last call's arguments; null without calls. */
  readonly midCallFrames: number | null;
  /** The frame that reports a failure in the middle of the stream. */
  readonly failureFrame: string;
}

/** A request that was read, and the way to answer it in the form it asked for. */
export interface ReadRequest {
  readonly transcript: Transcript;
  reply(answer: PricedAnswer, nowMs: number): Reply;
}

/** Reads the body of a request; throws a RefusedRequest. */
export function readRequest(api: Api, raw: unknown): ReadRequest {
  if (api === 'responses') {
    const { body, transcript } = readResponsesRequest(raw);
    return {
      transcript,
      reply: (answer, nowMs) => {
        const events = responsesEvents(answer, body, nowMs);
        return {
          body: responsesBody(answer, body, nowMs),
          frames: events.map(namedFrame),
          openingFrames: 2,
          midCallFrames: lastOf(events, ({ type }) => type === 'response.function_call_arguments.delta'),
          failureFrame: namedFrame(responsesFailure(answer, body, nowMs)),
        };
      },
    };
  }
  if (api === 'messages') {
    const { transcript } = readMessagesRequest(raw);
    return {
      transcript,
      reply: (answer) => {
        const events = messagesEvents(answer);
        const message = 'The model failed (recorded fault).';
        return {
          body: messagesBody(answer),
          frames: events.map(namedFrame),
          openingFrames: 2,
          midCallFrames: lastOf(events, (event) => typeOf(event['delta']) === 'input_json_delta'),
          failureFrame: namedFrame({ type: 'error', error: { type: 'overloaded_error', message } }),
        };
      },
    };
  }
  const { body, transcript } = readChatRequest(raw);
  return {
    transcript,
    reply: (answer, nowMs) => {
      const chunks = chatChunks(answer, body, nowMs);
      return {
        body: chatBody(answer, nowMs),
        frames: [...chunks.map(frame), 'data: [DONE]\n\n'],
        openingFrames: 0,
        midCallFrames: lastOf(chunks, (chunk) => 'tool_calls' in deltaOf(chunk)),
        failureFrame: frame({
          error: { message: 'The model failed (recorded fault).', type: 'server_error', code: null },
        }),
      };
    },
  };
}

function lastOf(events: readonly Json[], holds: (event: Json) => boolean): number | null {
  const found = events.findLastIndex(holds);
  return found === -1 ? null : found;
}

function typeOf(value: unknown): unknown {
  return Reflect.get(Object(value), 'type');
}

function deltaOf(chunk: Json): object {
  const choices: unknown = chunk.choices;
  const delta: unknown = Array.isArray(choices) ? Reflect.get(Object(choices[0]), 'delta') : undefined;
  return Object(delta);
}

function namedFrame(event: Json): string {
  return `event: ${String(event.type)}\n${frame(event)}`;
}

function frame(data: Json): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

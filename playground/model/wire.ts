// Sends a reply over HTTP, whole or as a stream, and can break off the way real servers do.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Reply } from './reply.ts';
import type { FaultKind } from './script.ts';
import type { RefusedRequest } from './transcript.ts';

export interface Delivery {
  readonly stream: boolean;
  /** From the request's arrival to the answer's first word. */
  readonly delayMs: number;
  /** The answer's first word waits for this too. */
  readonly held: Promise<void>;
  readonly arrivedMs: number;
  readonly fault: FaultKind | undefined;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
}

/** How much of an answer arrives before a cut: enough to be in the middle of what it says or calls. */
const cutAfterShare = 0.6;

/** Sends the reply; ends early when the client goes away. A hanging reply ends only then. */
export async function deliver(response: ServerResponse, reply: Reply, delivery: Delivery): Promise<void> {
  const { fault, gone } = delivery;
  try {
    if (delivery.stream) {
      await deliverStream(response, reply, delivery);
      return;
    }
    await think(delivery);
    const body = Buffer.from(JSON.stringify(reply.body));
    if (fault === 'hang') {
      await untilGone(gone);
      return;
    }
    if (fault === 'stream_error') {
      sendJson(
        response,
        500,
        errorBody('The server had an error (recorded fault).', 'server_error', null, null),
      );
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    if (fault === 'cut_mid_stream' || fault === 'cut_mid_call') {
      await write(response, body.subarray(0, Math.ceil(body.length * cutAfterShare)));
      response.destroy();
      return;
    }
    response.end(body);
  } catch (thrown) {
    if (!gone.aborted) {
      throw thrown;
    }
  }
}

async function deliverStream(response: ServerResponse, reply: Reply, delivery: Delivery): Promise<void> {
  const { fault, gone } = delivery;
  const { frames, openingFrames } = reply;
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  response.flushHeaders();
  await write(response, frames.slice(0, openingFrames).join(''));
  if (fault === 'hang') {
    await untilGone(gone);
    return;
  }
  await think(delivery);
  for (const frame of frames.slice(openingFrames, endOf(reply, fault))) {
    await write(response, frame);
  }
  if (fault === 'cut_mid_stream' || fault === 'cut_mid_call') {
    response.destroy();
    return;
  }
  response.end(fault === 'stream_error' ? reply.failureFrame : undefined);
}

/** What reading the request took is part of the time that a model thinks. */
async function think({ delayMs, held, arrivedMs, gone }: Delivery): Promise<void> {
  await Promise.race([held, untilGone(gone)]);
  gone.throwIfAborted();
  const leftMs = arrivedMs + delayMs - performance.now();
  if (leftMs > 0) await sleep(leftMs, undefined, { signal: gone });
}

/** How many frames arrive. */
function endOf({ frames, openingFrames, midCallFrames }: Reply, fault: FaultKind | undefined): number {
  const share = Math.max(openingFrames, Math.ceil(frames.length * cutAfterShare));
  switch (fault) {
    case 'cut_mid_call':
      return midCallFrames ?? share;
    case 'cut_mid_stream':
    case 'stream_error':
      return share;
    default:
      return frames.length;
  }
}

async function untilGone(gone: AbortSignal): Promise<void> {
  if (!gone.aborted) {
    await once(gone, 'abort');
  }
}

async function write(response: ServerResponse, data: string | Buffer): Promise<void> {
  if (data.length > 0) {
    await new Promise<void>((resolve) => response.write(data, () => resolve()));
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function sendRefusal(response: ServerResponse, refused: RefusedRequest, api?: Api): void {
  sendJson(response, refused.status, refusalBody(refused, api));
}

function refusalBody({ status, message, code, param }: RefusedRequest, api: Api | undefined): unknown {
  if (api !== 'messages')
    return errorBody(message, status === 401 ? 'authentication_error' : 'invalid_request_error', code, param);
  return anthropicError(ANTHROPIC_TYPES[status] ?? 'invalid_request_error', message);
}

/** https://platform.claude.com/docs/en/api/errors */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
};

/** An error in OpenAI's shape. */
export function errorBody(message: string, type: string, code: string | null, param: string | null): unknown {
  return { error: { message, type, param, code } };
}

/** An error in Anthropic's shape. */
export function anthropicError(type: string, message: string): unknown {
  return { type: 'error', error: { type, message }, request_id: 'req_scripted' };
}

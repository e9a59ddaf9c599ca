// Classifies the faults of model servers: whether another try helps, and the error with its advice.
import * as anthropic from '@anthropic-ai/sdk';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { z } from 'zod';
import { type ErrorCode, ThreadsmithError } from '../../core/errors.ts';

/** The server as messages name it. The key is here only to be removed from texts of servers that echo it. */
export interface ModelServer {
  readonly host: string;
  readonly model: string;
  readonly apiKey: string;
  /** The environment variables that people look at where the key, the address or the model is wrong. */
  readonly variables: { readonly key: string; readonly url: string; readonly model: string };
}

export interface Fault {
  readonly transient: boolean;
  /** The pause that the server asks for; null where it asks for none. */
  readonly retryAfterMs: number | null;
  readonly error: ThreadsmithError;
}

/** A stream that ended before its answer did, or that said something unreadable. */
export class BrokenStream extends ThreadsmithError {
  constructor(detail: string) {
    super('model_unreachable', detail, 'Reply in the thread to try again.', { retry: 'now' });
  }
}

/** The server has sent nothing for the allowed time. */
export class SilentServer extends ThreadsmithError {
  constructor(idleMs: number) {
    const seconds = Math.round(idleMs / 1000);
    super('model_unreachable', `No answer for ${seconds} s.`, 'Reply in the thread to try again.', {
      retry: 'now',
    });
  }
}

const MINUTES_LATER = 'Reply in the thread in a few minutes to try again.';
const ADD_CREDIT = 'Add credit or use another key, then reply in the thread to try again.';
const SMALLER = 'Ask for a smaller piece of the work in a new thread.';

function check(what: string): string {
  return `Check ${what} where the worker runs, then reply in the thread to try again.`;
}

/** Codes by which servers say that the conversation no longer fits. */
const CONTEXT_CODES = new Set(['context_length_exceeded', 'model_context_window_exceeded']);
/** Codes by which a failing stream says that another try may work. */
const BUSY_CODES = new Set([
  'rate_limit_exceeded',
  'rate_limit_error',
  'overloaded',
  'overloaded_error',
  'slow_down',
]);
/** vLLM, llama.cpp, Ollama and LiteLLM send the overflow as a plain 400 whose text is all there is to go by. */
const CONTEXT_TEXT =
  /(maximum|max)\s+(context|model)\s+length|context (length|window|size)|too many tokens|prompt is too long|exceeds? (?:the available context|context limit)/i;
/** Servers have no code for a model that takes text only, and their words differ: vLLM, Ollama, DeepSeek, OpenRouter, Azure. */
const IMAGE_TEXT =
  /image_url|image\(s\)|images? (?:input|content|are|is) not|(?:not|n't|no) (?:support|accept|process|endpoints? found)\w*(?: \w+){0,4} (?:images?|vision|multimodal)|vision (?:is )?not|not a (?:vision|multimodal) model|multimodal/i;
const NO_CREDIT_CODES = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_error']);

/** The fault that a thrown value means. A ThreadsmithError of other origin is final; any other value is thrown again. */
export function faultOf(thrown: unknown, server: ModelServer): Fault {
  const at = `The model server at ${server.host}`;
  if (thrown instanceof SilentServer || TIMEOUTS.some((kind) => thrown instanceof kind)) {
    return transient('model_unreachable', `${at} did not answer in time.`, MINUTES_LATER);
  }
  if (thrown instanceof BrokenStream) {
    return transient('model_unreachable', `${at} broke off its answer.`, MINUTES_LATER, null, thrown.message);
  }
  if (thrown instanceof APIConnectionError || thrown instanceof anthropic.APIConnectionError) {
    const advice = check(`${server.variables.url} and the network`);
    return transient('model_unreachable', `${at} could not be reached.`, advice, null, thrown.cause);
  }
  const report = reportIn(thrown);
  if (report !== null) return ofReport(report, server, at);
  if (thrown instanceof ThreadsmithError) return { transient: false, retryAfterMs: null, error: thrown };
  // undici reports a connection that dies mid-stream as a TypeError, the SDK unreadable events as SyntaxError.
  if (thrown instanceof TypeError || thrown instanceof SyntaxError) {
    return transient('model_unreachable', `${at} broke off its answer.`, MINUTES_LATER, null, thrown.message);
  }
  throw thrown;
}

const TIMEOUTS = [APIConnectionTimeoutError, anthropic.APIConnectionTimeoutError];

/** What a server reports, whichever SDK hands it over. */
interface Report {
  readonly status: number | undefined;
  readonly code: string;
  readonly message: string;
  readonly headers: Headers | undefined;
  readonly requestId: string | null;
}

const anthropicErrorSchema = z.object({ error: z.object({ type: z.string(), message: z.string() }) });

function reportIn(thrown: unknown): Report | null {
  if (thrown instanceof APIError) {
    const { status, code, type, message, headers, requestID } = thrown;
    return { status, code: code ?? type ?? '', message, headers, requestId: requestID ?? null };
  }
  if (!(thrown instanceof anthropic.APIError)) return null;
  const { status, headers, requestID } = thrown;
  const said = anthropicErrorSchema.safeParse(thrown.error).data?.error;
  const message = said?.message ?? thrown.message;
  return { status, code: said?.type ?? '', message, headers, requestId: requestID ?? null };
}

function ofReport(
  { status, code, message: words, headers, requestId }: Report,
  server: ModelServer,
  at: string,
): Fault {
  const said = clean(words, server);
  const detail = { status, code, requestId, said };
  const checkKey = check(server.variables.key);
  const checkModel = check(server.variables.model);
  const refused = (message: string, advice: string, cause: object = detail): Fault =>
    final('model_refused', message, advice, cause);
  const failing = (errorCode: ErrorCode, message: string): Fault =>
    transient(errorCode, message, MINUTES_LATER, retryAfterMs(headers), detail);
  const suffix = status === undefined ? '' : ` (HTTP ${status})`;
  if (CONTEXT_CODES.has(code) || status === 413 || (isClientFault(status) && CONTEXT_TEXT.test(said)))
    return final(
      'model_context_full',
      `The conversation no longer fits into ${server.model}.`,
      SMALLER,
      detail,
    );
  // Anthropic has no code for it.
  if (NO_CREDIT_CODES.has(code) || /credit balance is too low/i.test(said))
    return refused(`${at} says that the account has no credit left.`, ADD_CREDIT);
  // The texts of these two may hold parts of the key.
  if (status === 401) return refused(`${at} refused the key.`, checkKey, { status });
  if (isClientFault(status) && IMAGE_TEXT.test(said))
    return final('model_takes_no_images', `${at} takes no images: ${said}`, checkModel, detail);
  if (status === 403)
    return refused(`${at} does not let this key use ${server.model}.`, checkKey, { status });
  if (status === 404) return refused(`${at} does not know the model ${server.model}.`, checkModel);
  if (status === 429 || status === 503 || status === 529 || BUSY_CODES.has(code))
    return failing('model_overloaded', `${at} is overloaded${suffix}.`);
  if (status !== undefined && isClientFault(status) && status !== 408 && status !== 409 && status !== 425)
    return refused(`${at} did not accept the request${suffix}: ${said}`, checkModel);
  return failing('model_unreachable', `${at} failed${suffix}.`);
}

function isClientFault(status: number | undefined): boolean {
  return status === undefined || (status >= 400 && status < 500);
}

/** The server's words on one line, cut, and without the key that some servers echo. */
function clean(text: string, server: ModelServer): string {
  const oneLine = text.replace(/\s+/g, ' ').trim();
  const masked = server.apiKey === '' ? oneLine : oneLine.replaceAll(server.apiKey, '[key]');
  return masked.replace(/\bsk-[\w*-]+/g, '[key]').slice(0, 300);
}

/** Retry-After is seconds or a date; `retry-after-ms` is what OpenAI's own servers add. */
export function retryAfterMs(headers: Headers | undefined): number | null {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (exact >= 0) return exact;
  const value = headers?.get('retry-after');
  if (value === null || value === undefined) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

function transient(
  code: ErrorCode,
  message: string,
  advice: string,
  waitMs: number | null = null,
  cause?: unknown,
): Fault {
  const error = new ThreadsmithError(code, message, advice, { retry: 'later', cause });
  return { transient: true, retryAfterMs: waitMs, error };
}

function final(code: ErrorCode, message: string, advice: string, cause: unknown): Fault {
  const error = new ThreadsmithError(code, message, advice, { cause });
  return { transient: false, retryAfterMs: null, error };
}

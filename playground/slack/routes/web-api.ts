// /api/METHOD: authentication, scopes, rate limits and faults around the methods.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { assistantMethods } from '../methods/assistant.ts';
import { chatMethods } from '../methods/chat.ts';
import { conversationMethods } from '../methods/conversations.ts';
import { fileMethods } from '../methods/files.ts';
import type { Method } from '../methods/method.ts';
import { peopleMethods } from '../methods/people.ts';
import { reactionMethods } from '../methods/reactions.ts';
import { streamMethods } from '../methods/streams.ts';
import { viewMethods } from '../methods/views.ts';
import type { Dict } from '../records/records.ts';
import { Args } from '../wire/args.ts';
import { readFields, sendJson } from '../wire/http-body.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';

const METHODS = new Map<string, Method>(
  Object.entries({
    ...assistantMethods,
    ...chatMethods,
    ...conversationMethods,
    ...fileMethods,
    ...peopleMethods,
    ...reactionMethods,
    ...streamMethods,
    ...viewMethods,
  }),
);

const HANG_MS = 60_000;

interface Answer {
  status: number;
  body: Dict;
  headers?: Record<string, string>;
}

/** Answers one Web API call, faults included. */
export async function handleApiCall(
  ws: Workspace,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { fields } = await readFields(request);
  const args = new Args({ ...Object.fromEntries(query), ...fields });
  const token = bearer(request) ?? args.text('token');
  const channel = channelNamed(args);
  const fault = ws.services.faults.takeForCall({ method: name, path: `/api/${name}`, channel });
  switch (fault?.kind) {
    case 'hang':
      record(ws, name, args, { status: 0, body: { ok: false, error: 'fault:hang' } });
      await ws.services.timers.sleep(fault.ms ?? HANG_MS);
      response.destroy();
      return;
    case 'http_500':
    case 'http_503':
    case 'rate_limited':
    case 'slack_error': {
      const answer = faultAnswer(fault.kind, fault.retry_after, fault.error);
      record(ws, name, args, answer);
      send(ws, response, answer);
      return;
    }
    case 'slow':
      await ws.services.timers.sleep(fault.ms ?? 1000);
      break;
    default:
      break;
  }
  const answer = await run(ws, name, args, token, request);
  record(ws, name, args, answer);
  if (fault?.kind === 'applied_then_cut') response.destroy();
  else send(ws, response, answer);
}

async function run(
  ws: Workspace,
  name: string,
  args: Args,
  token: string | undefined,
  request: IncomingMessage,
): Promise<Answer> {
  try {
    const method = METHODS.get(name);
    if (method === undefined) throw new SlackRefusal('unknown_method', { req_method: name });
    authorise(ws, method, token);
    const retryAfter = ws.services.limits.check(name, method.tier, channelNamed(args));
    if (retryAfter !== undefined) return faultAnswer('rate_limited', retryAfter, undefined);
    const body = await method.run(ws, name === 'oauth.v2.access' ? withBasicAuth(args, request) : args);
    return { status: 200, body: { ok: true, ...body } };
  } catch (error) {
    if (!(error instanceof SlackRefusal)) throw error;
    return { status: 200, body: { ok: false, error: error.slackError, ...error.detail } };
  }
}

function authorise(ws: Workspace, method: Method, token: string | undefined): void {
  if (method.token === 'none') return;
  const { app } = ws.state;
  if (token === undefined || token === '') throw new SlackRefusal('not_authed');
  const kind = token === app.bot_token ? 'bot' : token === app.app_token ? 'app' : undefined;
  if (kind === undefined) throw new SlackRefusal('invalid_auth');
  if (kind !== method.token) throw new SlackRefusal('not_allowed_token_type');
  if (method.scopes.length > 0 && !method.scopes.some((scope) => app.scopes.includes(scope))) {
    throw new SlackRefusal('missing_scope', { needed: method.scopes[0], provided: app.scopes.join(',') });
  }
}

export function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function withBasicAuth(args: Args, request: IncomingMessage): Args {
  const encoded = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return args;
  const [client_id, client_secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return new Args({ client_id, client_secret, ...args.raw });
}

function channelNamed(args: Args): string | undefined {
  for (const field of ['channel', 'channel_id']) {
    const value = args.raw[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function faultAnswer(kind: string, retryAfter: number | undefined, error: string | undefined): Answer {
  switch (kind) {
    case 'rate_limited':
      return {
        status: 429,
        body: { ok: false, error: 'ratelimited' },
        headers: { 'retry-after': String(retryAfter ?? 1) },
      };
    case 'slack_error':
      return { status: 200, body: { ok: false, error: error ?? 'internal_error' } };
    default:
      return { status: kind === 'http_503' ? 503 : 500, body: { ok: false, error: 'internal_error' } };
  }
}

function record(ws: Workspace, method: string, args: Args, answer: Answer): void {
  const { token: _token, client_secret: _secret, ...shown } = args.raw;
  const error = answer.body['error'];
  ws.services.journal.call({
    method,
    args: shown,
    ok: answer.body['ok'] === true,
    error: typeof error === 'string' ? error : undefined,
    status: answer.status,
  });
}

function send(ws: Workspace, response: ServerResponse, answer: Answer): void {
  sendJson(response, answer.status, answer.body, {
    'x-oauth-scopes': ws.state.app.scopes.join(','),
    ...answer.headers,
  });
}

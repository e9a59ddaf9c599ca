// Faults that are plain error answers, in each vendor's words.
import type { Api } from './reply.ts';
import type { FaultKind } from './script.ts';
import { anthropicError, errorBody } from './wire.ts';

export interface FaultAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The error answer of a fault; null for a fault of another kind. */
export function faultAnswer(api: Api, kind: FaultKind): FaultAnswer | null {
  return api === 'messages' ? ofAnthropic(kind) : ofOpenai(kind);
}

function ofOpenai(kind: FaultKind): FaultAnswer | null {
  switch (kind) {
    case 'rate_limited':
      return answer(429, 'Rate limit reached (recorded fault).', 'tokens', 'rate_limit_exceeded');
    case 'overloaded':
      return answer(503, 'The engine is overloaded (recorded fault).', 'server_error');
    case 'http_500':
      return answer(500, 'The server had an error (recorded fault).', 'server_error');
    case 'http_401':
      return answer(401, 'Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key');
    case 'context_overflow': {
      const message = 'Your input exceeds the context window of this model (recorded fault).';
      return answer(400, message, 'invalid_request_error', 'context_length_exceeded', 'input');
    }
    default:
      return null;
  }
}

/** https://platform.claude.com/docs/en/api/errors */
function ofAnthropic(kind: FaultKind): FaultAnswer | null {
  switch (kind) {
    case 'rate_limited': {
      const message = 'This request would exceed the rate limit of your organization.';
      return { status: 429, body: anthropicError('rate_limit_error', message) };
    }
    case 'overloaded':
      return { status: 529, body: anthropicError('overloaded_error', 'Overloaded') };
    case 'http_500':
      return { status: 500, body: anthropicError('api_error', 'Internal server error') };
    case 'http_401':
      return { status: 401, body: anthropicError('authentication_error', 'invalid x-api-key') };
    case 'context_overflow': {
      const message = 'prompt is too long: 208310 tokens > 200000 maximum';
      return { status: 400, body: anthropicError('invalid_request_error', message) };
    }
    default:
      return null;
  }
}

function answer(
  status: number,
  message: string,
  type: string,
  code: string | null = null,
  param: string | null = null,
): FaultAnswer {
  return { status, body: errorBody(message, type, code, param) };
}

// Calls to Slack's Web API: one client without retries of its own, and what a failed call means.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
  type WebClientOptions,
} from '@slack/web-api';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type Redact, redactAll } from '../../core/redact.ts';
import { slackLogger } from './logger.ts';

/** A call that takes longer than this is cut off; whether it worked is then unknown. */
export const CALL_TIMEOUT_MS = 8_000;

/** Slack says these when something broke on its side: the call may have taken effect. */
const BROKEN: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
]);

/** Why a call failed, as far as it decides what to do next. */
export type CallFailure =
  | { readonly kind: 'rate_limited'; readonly retryAfterMs: number }
  /** Slack did nothing and says why. */
  | { readonly kind: 'refused'; readonly error: string }
  /** It may have worked. */
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Options for every client: no retries, since the library's would repeat a post whose outcome is unknown, and
 * a 429 rejected at once, since the library would otherwise hold back all calls and not just that method.
 */
export function clientOptions(apiUrl: string | undefined, log: Log): WebClientOptions {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    logger: slackLogger(log),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_TIMEOUT_MS,
  };
}

/** A client for the Web API that tells Slack no secret. */
export function openClient(token: string, apiUrl: string | undefined, redact: Redact, log: Log): WebClient {
  return new RedactingClient(token, clientOptions(apiUrl, log), redact);
}

class RedactingClient extends WebClient {
  readonly #redact: Redact;

  constructor(token: string, options: WebClientOptions, redact: Redact) {
    super(token, options);
    this.#redact = redact;
  }

  override apiCall(method: string, options: Record<string, unknown> = {}): ReturnType<WebClient['apiCall']> {
    return super.apiCall(method, redactAll(options, this.#redact));
  }
}

/** What a rejected call means. Anything that Slack did not answer counts as unknown. */
export function failureOf(thrown: unknown): CallFailure {
  if (thrown instanceof WebAPIRateLimitedError) {
    return { kind: 'rate_limited', retryAfterMs: thrown.retryAfter * 1000 };
  }
  if (thrown instanceof WebAPIPlatformError) {
    const { error } = thrown.data;
    return BROKEN.has(error) ? { kind: 'unknown', reason: error } : { kind: 'refused', error };
  }
  if (thrown instanceof WebAPIHTTPError) return { kind: 'unknown', reason: `HTTP ${thrown.statusCode}` };
  if (thrown instanceof WebAPIRequestError) return { kind: 'unknown', reason: thrown.original.message };
  return { kind: 'unknown', reason: thrown instanceof Error ? thrown.message : String(thrown) };
}

export interface Patience {
  readonly tries: number;
  /** The longest Retry-After that is waited for. */
  readonly maxWaitMs: number;
  /** Only what had no effect for certain is repeated: for calls that must not take effect twice. */
  readonly once?: true;
}

const PATIENT: Patience = { tries: 4, maxWaitMs: 10_000 };
const FIRST_WAIT_MS = 250;

/**
 * Makes a call that may be repeated (a look-up, or one with an idempotent effect, else see `once`) until it works.
 * Throws `slack_refused` where Slack says no, and `slack_unreachable` when patience is at its end.
 */
export async function patiently<T>(call: () => Promise<T>, patience: Patience = PATIENT): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure.kind === 'refused') throw refused(failure.error, thrown);
      const waitMs =
        failure.kind === 'rate_limited' ? failure.retryAfterMs : FIRST_WAIT_MS * 2 ** (attempt - 1);
      const mayRepeat = failure.kind === 'rate_limited' || patience.once !== true;
      if (!mayRepeat || attempt >= patience.tries || waitMs > patience.maxWaitMs) throw unreachable(thrown);
      await sleep(waitMs);
    }
  }
}

function refused(error: string, cause: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'slack_refused',
    `Slack refused a call: ${error}.`,
    'Check that the app is in the channel and has the scopes of its manifest.',
    { cause },
  );
}

function unreachable(cause: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'slack_unreachable',
    'Slack does not answer.',
    'Nothing to do: it is tried again.',
    { retry: 'later', cause },
  );
}

// Signed HTTP: the Events API and interactivity as Slack posts them to an app's request URLs.
import { createHmac } from 'node:crypto';
import type { AppRecord, Dict } from '../records/records.ts';
import type { Envelope, Receipt, Transport } from './transport.ts';

export interface HttpOptions {
  app: () => AppRecord;
  ackTimeoutMs: number;
  /** Asked after each answer of the app: true breaks the connection before it has arrived. */
  losesAnswer: (envelope: Envelope) => boolean;
}

export class HttpTransport implements Transport {
  readonly name = 'http';
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async deliver(envelope: Envelope): Promise<Receipt> {
    const app = this.#options.app();
    const url = envelope.kind === 'events_api' ? app.request_url : (app.interactivity_url ?? app.request_url);
    if (url === null) return { outcome: 'absent' };
    const { body, contentType } = encode(envelope);
    const headers: Record<string, string> = { 'content-type': contentType };
    if (envelope.retryNum > 0) {
      headers['x-slack-retry-num'] = String(envelope.retryNum);
      headers['x-slack-retry-reason'] = envelope.retryReason;
    }
    const receipt = await this.#post(url, body, headers);
    if (!this.#options.losesAnswer(envelope)) return receipt;
    return { outcome: 'failed', reason: 'connection_failed', giveUp: false };
  }

  /** Slack's check of a new request URL: a signed challenge that must come back. */
  async verify(url: string): Promise<{ ok: boolean; detail: string }> {
    const challenge = createHmac('sha256', String(Math.random())).update(url).digest('hex');
    const body = JSON.stringify({
      token: this.#options.app().verification_token,
      challenge,
      type: 'url_verification',
    });
    try {
      const response = await this.#fetch(url, body, { 'content-type': 'application/json' });
      const text = await response.text();
      if (response.status !== 200) return { ok: false, detail: `the URL answered HTTP ${response.status}` };
      return challengeIn(text) === challenge
        ? { ok: true, detail: '' }
        : { ok: false, detail: 'the URL did not answer with the value of the challenge parameter' };
    } catch (error) {
      return { ok: false, detail: `the URL cannot be reached: ${String(error)}` };
    }
  }

  /** Slack's occasional check of a command URL's certificate; it is not signed. */
  async sslCheck(url: string): Promise<number> {
    const body = new URLSearchParams({
      ssl_check: '1',
      token: this.#options.app().verification_token,
    }).toString();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
      signal: AbortSignal.timeout(this.#options.ackTimeoutMs),
    });
    await response.body?.cancel();
    return response.status;
  }

  async #post(url: string, body: string, headers: Record<string, string>): Promise<Receipt> {
    const startedAt = performance.now();
    try {
      const response = await this.#fetch(url, body, headers);
      const text = await response.text();
      const ackMs = performance.now() - startedAt;
      if (response.status >= 200 && response.status < 300)
        return { outcome: 'acked', ackMs, payload: answerOf(text) };
      return {
        outcome: 'failed',
        reason: 'http_error',
        giveUp: response.headers.get('x-slack-no-retry') === '1',
      };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      return { outcome: 'failed', reason: timedOut ? 'http_timeout' : 'connection_failed', giveUp: false };
    }
  }

  #fetch(url: string, body: string, headers: Record<string, string>): Promise<Response> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const digest = createHmac('sha256', this.#options.app().signing_secret)
      .update(`v0:${timestamp}:${body}`)
      .digest('hex');
    return fetch(url, {
      method: 'POST',
      headers: {
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${digest}`,
        ...headers,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#options.ackTimeoutMs),
    });
  }
}

/** Events are JSON; interactions a form with one JSON field; slash commands a plain form. */
function encode(envelope: Envelope): { body: string; contentType: string } {
  const form = 'application/x-www-form-urlencoded';
  switch (envelope.kind) {
    case 'events_api':
      return { body: JSON.stringify(envelope.payload), contentType: 'application/json' };
    case 'interactive':
    case 'options':
      return {
        body: new URLSearchParams({ payload: JSON.stringify(envelope.payload) }).toString(),
        contentType: form,
      };
    case 'slash_commands': {
      const fields = Object.entries(envelope.payload).map(([name, value]) => [name, String(value)]);
      return { body: new URLSearchParams(fields).toString(), contentType: form };
    }
  }
}

function answerOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

function challengeIn(text: string): string {
  const answer = answerOf(text);
  if (typeof answer === 'object' && answer !== null && 'challenge' in answer) {
    const { challenge }: Dict = { ...answer };
    if (typeof challenge === 'string') return challenge;
  }
  return new URLSearchParams(text).get('challenge') ?? text.trim();
}

// Identifiers in Slack's shapes. Tokens are random and marked as playground ones at first sight.
import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';

/** A Slack-like id: the prefix, then upper-case letters and digits. */
export function makeId(prefix: string, length = 10): string {
  let id = prefix;
  while (id.length < prefix.length + length) id += ALPHABET[randomInt(ALPHABET.length)];
  return id;
}

export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

export function makeBotToken(): string {
  return `xoxb-0000000000-0000000000-playground${randomHex(8)}`;
}

export function makeAppToken(appId: string): string {
  return `xapp-1-${appId}-0000000000-playground${randomHex(16)}`;
}

/** Hands out message timestamps: seconds with six decimals, each one greater than all before it. */
export class TimestampSource {
  #lastMicros = 0;

  next(): string {
    const micros = Math.max(Date.now() * 1000, this.#lastMicros + 1);
    this.#lastMicros = micros;
    return formatMicros(micros);
  }

  /** Never again hand out a timestamp at or before this one. */
  advancePast(ts: string): void {
    const micros = Math.round(Number(ts) * 1_000_000);
    if (micros > this.#lastMicros) this.#lastMicros = micros;
  }
}

function formatMicros(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  return `${seconds}.${String(micros % 1_000_000).padStart(6, '0')}`;
}

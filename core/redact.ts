// Hides the values of known secrets in everything that leaves a process: tool output, rows, logs, artifacts,
// messages, the model's input. It is the last defence, not the first: a value in an encoding that is not named below
// passes.
import { isUtf8 } from 'node:buffer';

export type Redact = (text: string) => string;

/** Replaces a secret. It needs no escaping in JSON, HTML, paths of URLs or Slack's mrkdwn. */
export const REDACTED = '[redacted]';

/** Shorter values are not hidden: they occur in every text. */
const MIN_SECRET_CHARS = 8;

/** A secret that a limit on output has cut is recognised by a beginning or an end of this length. */
const MIN_PART_CHARS = 12;
const MIN_LINE_CHARS = 20;
/** The mark in place of omitted output; `cutMiddle` of the agent's tools and the toolhost write it. */
const CUT_MARK = /(\n\[(?:…|\.{3})[^\n]*\]\n)/;
/** A line break within a wrapped value, also one that is escaped in JSON. */
const BREAK = '(?:(?:\\r?\\n|\\\\r|\\\\n)[ \\t]*)';

export const nothingHidden: Redact = (text) => text;

/**
 * Makes a function that replaces these values in a text: as they are, and encoded as base64, base64url, hex, a
 * part of a URL or a JSON string, also inside of a longer value, wrapped, or cut off at one end. It hides each
 * line of a value with several lines. It never throws and changes nothing else.
 */
export function createRedactor(values: Iterable<string>): Redact {
  const needles = needlesOf(values);
  if (needles.length === 0) return nothingHidden;
  return (text) => {
    const whole = withoutWrapped(withoutWhole(text, needles), needles);
    if (!CUT_MARK.test(whole)) return withoutParts(whole, needles);
    return whole
      .split(CUT_MARK)
      .map((piece) => withoutParts(piece, needles))
      .join('');
  };
}

/** Redacts text that comes in chunks, also a value that is split between two of them. */
export interface RedactedStream {
  /** Passes the text on, but keeps back an end that may be the beginning of a secret. */
  readonly push: (chunk: string) => void;
  /** Passes on what was kept back. */
  end(): void;
}

/** Writes what is pushed to `write`, without the secrets. */
export function openRedactedStream(values: Iterable<string>, write: (text: string) => void): RedactedStream {
  const needles = needlesOf(values);
  let held = '';
  const pass = (text: string): void => {
    if (text !== '') write(text);
  };
  return {
    push: (chunk) => {
      const text = withoutWhole(held + chunk, needles);
      const length = Math.max(0, ...needles.map((needle) => beginningAtEnd(text, needle, 1)));
      held = text.slice(text.length - length);
      pass(text.slice(0, text.length - length));
    },
    end: () => {
      pass(withoutParts(held, needles));
      held = '';
    },
  };
}

/** A copy of the value as JSON would give it back, with every text in it redacted. */
export function redactAll<T>(value: T, redact: Redact): T {
  if (redact === nothingHidden) return value;
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === 'string' ? redact(part) : part,
  );
}

/** Redacts content that is text; binary content stays as it is. */
export function redactContent(content: Uint8Array, redact: Redact): Uint8Array {
  if (redact === nothingHidden || !isUtf8(content)) return content;
  const text = Buffer.from(content).toString('utf8');
  const redacted = redact(text);
  return redacted === text ? content : Buffer.from(redacted);
}

/** Removes user names and passwords from the URLs in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1');
}

/** All forms of the secrets, the longest first, so that a shorter one leaves no part of a longer one. */
function needlesOf(values: Iterable<string>): readonly string[] {
  const secrets = [...values].flatMap((value) => [value.trim(), ...linesOf(value)]);
  const forms = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS).flatMap(formsOf);
  return [...new Set(forms)].toSorted((one, other) => other.length - one.length);
}

/** The lines of a key that are secret, without its header and footer. */
function linesOf(value: string): readonly string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return lines.length < 2
    ? []
    : lines.filter((line) => line.length >= MIN_LINE_CHARS && !line.startsWith('-----'));
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inUrl = encodeURIComponent(secret);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    inUrl,
    inUrl.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    inUrl.replaceAll('%20', '+'),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** The base64 of the bytes inside of a longer value, where `offset` bytes of a group of three come before. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  // The characters at both ends also hold bits of the neighbouring bytes.
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

function withoutWhole(text: string, needles: readonly string[]): string {
  let rest = text;
  for (const needle of needles) if (rest.includes(needle)) rest = rest.replaceAll(needle, REDACTED);
  return rest;
}

function withoutWrapped(text: string, needles: readonly string[]): string {
  const joined = text.replace(new RegExp(BREAK, 'g'), '');
  if (joined.length === text.length) return text;
  let rest = text;
  for (const needle of needles) {
    if (!joined.includes(needle)) continue;
    const characters = [...needle].map((character) => character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
    rest = rest.replace(new RegExp(characters.join(`${BREAK}?`), 'g'), REDACTED);
  }
  return rest;
}

/** Hides the beginning or the end of a secret that a cut has left at an end of the text. */
function withoutParts(text: string, needles: readonly string[]): string {
  const lengthAt = (part: (needle: string, least: number) => number): number =>
    Math.max(0, ...needles.map((needle) => part(needle, Math.min(MIN_PART_CHARS, needle.length - 1))));
  const last = lengthAt((needle, least) => beginningAtEnd(text, needle, least));
  const body = last === 0 ? text : text.slice(0, -last) + REDACTED;
  const first = lengthAt((needle, least) => endAtBeginning(body, needle, least));
  return first === 0 ? body : REDACTED + body.slice(first);
}

/** The number of characters at the end of the text that the needle begins with; 0 for fewer than `least`. */
function beginningAtEnd(text: string, needle: string, least: number): number {
  for (let length = Math.min(text.length, needle.length - 1); length >= least; length -= 1) {
    if (text.endsWith(needle.slice(0, length))) return length;
  }
  return 0;
}

function endAtBeginning(text: string, needle: string, least: number): number {
  for (let length = Math.min(text.length, needle.length - 1); length >= least; length -= 1) {
    if (text.startsWith(needle.slice(-length))) return length;
  }
  return 0;
}

// Checks a request from the wire field by field: any program in the sandbox can reach the toolhost's socket, and a
// request of a wrong shape must fail here. Without a schema library, because the toolhost imports nothing but Node.
import type { Json } from './frames.ts';
import type { CommandRequest, Request } from './protocol.ts';

/** An id becomes the name of a folder. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const SIGNAL = /^SIG[A-Z0-9+]{1,12}$/;
const MAX_PORT = 65_535;

class WrongShape extends Error {}

type Fields = { readonly [name: string]: Json };

/** Returns the request in a value, or undefined where the value has another shape. */
export function parseRequest(value: Json): Request | undefined {
  try {
    return requestOf(fieldsOf(value));
  } catch (thrown) {
    if (thrown instanceof WrongShape) return undefined;
    throw thrown;
  }
}

function requestOf(fields: Fields): Request {
  const op = text(fields, 'op');
  switch (op) {
    case 'hello':
      return { op, version: count(fields, 'version'), fence: count(fields, 'fence') };
    case 'run':
      return {
        op,
        command: commandOf(fieldsOf(fields.command)),
        background: flag(fields, 'background'),
        live: flag(fields, 'live'),
        maxOutputBytes: count(fields, 'maxOutputBytes'),
      };
    case 'kill':
      return { op, id: matching(fields, 'id', ID), signal: matching(fields, 'signal', SIGNAL) };
    case 'stop':
      return { op, id: matching(fields, 'id', ID) };
    case 'read':
      return { op, path: path(fields, 'path'), maxBytes: count(fields, 'maxBytes') };
    case 'write':
      return { op, path: path(fields, 'path') };
    case 'connect':
      return { op, port: port(fields), waitMs: duration(fields, 'waitMs') };
    case 'listen':
      return { op, port: port(fields) };
    case 'ping':
      return { op };
    default:
      throw new WrongShape();
  }
}

function commandOf(fields: Fields): CommandRequest {
  const env = fieldsOf(fields.env);
  return {
    id: matching(fields, 'id', ID),
    argv: strings(listOf(fields.argv)),
    cwd: path(fields, 'cwd'),
    env: Object.fromEntries(Object.keys(env).map((name) => [name, text(env, name)])),
    timeoutMs: duration(fields, 'timeoutMs'),
    hasStdin: flag(fields, 'hasStdin'),
  };
}

function fieldsOf(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || isList(value)) throw new WrongShape();
  return value;
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || !isList(value)) throw new WrongShape();
  return value;
}

/** Narrows a readonly list too, which Array.isArray does not. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function strings(values: readonly Json[]): readonly string[] {
  return values.map((value) => textOf(value, () => true));
}

function text(fields: Fields, name: string): string {
  return textOf(fields[name], () => true);
}

function matching(fields: Fields, name: string, pattern: RegExp): string {
  return textOf(fields[name], (value) => pattern.test(value));
}

function path(fields: Fields, name: string): string {
  return textOf(fields[name], (value) => value.startsWith('/'));
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw new WrongShape();
  return value;
}

function count(fields: Fields, name: string): number {
  return numberOf(fields[name], Number.isSafeInteger);
}

/** Milliseconds, which may have a fraction. */
function duration(fields: Fields, name: string): number {
  return numberOf(fields[name], Number.isFinite);
}

function port(fields: Fields): number {
  return numberOf(fields['port'], (value) => Number.isSafeInteger(value) && value >= 1 && value <= MAX_PORT);
}

function textOf(value: Json | undefined, isValid: (text: string) => boolean): string {
  if (typeof value !== 'string' || !isValid(value)) throw new WrongShape();
  return value;
}

/** A number of zero or more. */
function numberOf(value: Json | undefined, isValid: (number: number) => boolean): number {
  if (typeof value !== 'number' || value < 0 || !isValid(value)) throw new WrongShape();
  return value;
}

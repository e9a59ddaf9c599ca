// Arguments of a Web API call. They arrive as form fields (where objects are JSON text) or as a JSON body;
// methods read them here without caring which.
import type { Dict } from '../records/records.ts';
import { SlackRefusal } from './refusal.ts';

export class Args {
  readonly raw: Dict;

  constructor(raw: Dict) {
    this.raw = raw;
  }

  has(name: string): boolean {
    const value = this.raw[name];
    return value !== undefined && value !== null && value !== '';
  }

  /** The text of an argument, or undefined when it is absent or empty. */
  text(name: string): string | undefined {
    const value = this.raw[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new SlackRefusal('invalid_arguments', {
      response_metadata: { messages: [`[ERROR] must be a string [json-pointer:/${name}]`] },
    });
  }

  /** The text of an argument that must be there; refused with `error` otherwise. */
  required(name: string, error = 'invalid_arguments'): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw new SlackRefusal(error, {
      response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
    });
  }

  flag(name: string): boolean {
    const value = this.raw[name];
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new SlackRefusal('invalid_arguments');
    return value;
  }

  /** The value of an argument that is an object or an array; refused with `error` when it is not JSON. */
  json(name: string, error = 'invalid_arguments'): unknown {
    const value = this.raw[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      throw new SlackRefusal(error);
    }
  }

  /** An array of objects, or undefined when absent. */
  objects(name: string, error: string): Dict[] | undefined {
    const value = this.json(name, error);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every(isDict)) throw new SlackRefusal(error);
    return value;
  }

  object(name: string, error: string): Dict | undefined {
    const value = this.json(name, error);
    if (value === undefined) return undefined;
    if (!isDict(value)) throw new SlackRefusal(error);
    return value;
  }
}

export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text member of a JSON object, if it is one. */
export function textOf(value: unknown, name: string): string | undefined {
  if (!isDict(value)) return undefined;
  const member = value[name];
  return typeof member === 'string' ? member : undefined;
}

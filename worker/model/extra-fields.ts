// Keeps the fields that Chat Completions servers add to an answer and want back unchanged, such as thinking.
import { z } from 'zod';

type Fields = Readonly<Record<string, unknown>>;

/** The form in which a response keeps them: fields of the message, and of its calls by their index. */
export interface ExtraFields {
  readonly message: Fields;
  readonly calls: readonly Fields[];
}

const fieldsSchema = z.record(z.string(), z.unknown());
const extraFieldsSchema = z.object({ message: fieldsSchema, calls: z.array(fieldsSchema) });
/** The form before calls had fields of their own. */
const earlierSchema = z.object({ reasoning_content: z.string() });

/** Fields of a message that are the answer itself, or that no server wants back. */
const MESSAGE_KEYS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'annotations',
  'audio',
]);
const CALL_KEYS: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function']);

/** Fields of one message or call as their pieces come in. */
export class GatheredFields {
  #fields: Record<string, unknown> = {};
  readonly #known: ReadonlySet<string>;

  constructor(of: 'message' | 'call') {
    this.#known = of === 'message' ? MESSAGE_KEYS : CALL_KEYS;
  }

  /** Adds a chunk: texts and lists are appended to earlier ones, any other value replaces the earlier one. */
  take(delta: Fields): void {
    for (const [key, value] of Object.entries(delta)) {
      if (this.#known.has(key) || value === null || value === undefined) continue;
      const before = this.#fields[key];
      if (typeof value === 'string' && typeof before === 'string') this.#fields[key] = before + value;
      else if (Array.isArray(value) && Array.isArray(before)) this.#fields[key] = [...before, ...value];
      else this.#fields[key] = value;
    }
  }

  all(): Fields {
    return this.#fields;
  }
}

/** The fields that a response kept, in the present form or an earlier one; null where it kept none. */
export function extraFieldsIn(items: readonly unknown[]): ExtraFields | null {
  // PostgreSQL's jsonb does not keep the order of keys, and requests of a turn have to begin alike.
  const item = inOneOrder(items[0]);
  const found = extraFieldsSchema.safeParse(item);
  if (found.success) return found.data;
  const earlier = earlierSchema.safeParse(item);
  return earlier.success ? { message: earlier.data, calls: [] } : null;
}

function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOneOrder);
  const fields = fieldsSchema.safeParse(value).data;
  if (fields === undefined) return value;
  const keys = Object.keys(fields).toSorted();
  return Object.fromEntries(keys.map((key) => [key, inOneOrder(fields[key])]));
}

/** The fields for the response to keep; empty where the server added none. */
export function keptFields(
  message: GatheredFields,
  calls: readonly GatheredFields[],
): readonly ExtraFields[] {
  const extra = { message: message.all(), calls: calls.map((call) => call.all()) };
  const isEmpty = [extra.message, ...extra.calls].every((fields) => Object.keys(fields).length === 0);
  return isEmpty ? [] : [extra];
}

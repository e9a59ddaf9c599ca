// What both APIs say of a conversation, each in its own fields, made into one transcript by the same rules.
import { z } from 'zod';
import { type Entry, RefusedRequest, type Transcript, takeSystem } from './transcript.ts';

export interface Said {
  readonly model: string;
  /** Beside the conversation; empty where the API has no field for them. */
  readonly instructions: string;
  readonly entries: readonly Entry[];
  readonly toolNames: readonly string[];
  readonly stream: boolean;
  /** The key that the product named for the provider's cache. */
  readonly cacheKey: string | null;
  /** All of the prompt as it came, in the order in which a provider reads it. */
  readonly raw: readonly unknown[];
}

/** The body of a request. Throws a RefusedRequest with the first field that is wrong, as the real API does. */
export function parseBody<Body>(schema: z.ZodType<Body>, raw: unknown): Body {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? null;
  throw new RefusedRequest(400, z.prettifyError(parsed.error), 'invalid_value', field);
}

/** The conversation in words that both APIs share. */
export function transcriptOf(said: Said): Transcript {
  const { system: before, rest } = takeSystem(said.entries);
  const system = [said.instructions, before].filter((text) => text !== '').join('\n');
  const firstUser = rest.find((entry) => entry.kind === 'user')?.text ?? '';
  return {
    model: said.model,
    system,
    entries: rest,
    toolNames: said.toolNames,
    stream: said.stream,
    conversation: said.cacheKey ?? `${said.model}\n${system}\n${firstUser}`,
    prompt: said.raw.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('\n'),
  };
}

// What a conversation file says: what people write, what the model answers step by step, and what must come
// of it. One file, one thing that is tried; tests/worker/conversations/README.md tells how to write one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const FOLDER = join(import.meta.dirname, 'conversations');

const usageSchema = z.strictObject({ input_tokens: z.int(), output_tokens: z.int() });
/** A step of the scripted model's own format, which checks the rest of it. */
const stepSchema = z.looseObject({ usage: usageSchema.optional() });

const turnSchema = z
  .strictObject({
    /** Without `steps` the recording of the turn before goes on. */
    request: z.string().optional(),
    /** To the question that the turn before ended with. */
    answer: z.string().optional(),
    steps: z.array(stepSchema).min(1).optional(),
    /** Pictures in the repo that come with the request. */
    images: z.array(z.string()).default([]),
    /** Written while the agent works, seen before the step that follows so many results. */
    replies: z
      .array(z.strictObject({ after_results: z.int().min(0), from: z.string(), text: z.string() }))
      .default([]),
    /** Somebody stops the turn when this call of it begins, counted from 1. */
    stop_at_call: z.int().min(1).optional(),
    budget: z.strictObject({ steps: z.int(), tokens: z.int(), money: z.number() }).partial().default({}),
    ends: z.enum(['finished', 'asked', 'steps', 'tokens', 'money', 'stopped']).default('finished'),
    /** The last words, or the question. */
    says: z.string(),
  })
  .refine(({ request, answer }) => (request === undefined) !== (answer === undefined), 'one of the two');

const conversationSchema = z.strictObject({
  about: z.string(),
  /** The repo at the beginning. */
  files: z.record(z.string(), z.string()).default({}),
  /** Bash in the repo, for what is no text. */
  setup: z.string().default(''),
  turns: z.array(turnSchema).min(1),
  /** Recordings for child agents. */
  children: z.array(z.strictObject({ task: z.string(), steps: z.array(stepSchema) })).default([]),
  /** Tools of the test's MCP servers, by server. */
  mcp: z.record(z.string(), z.array(z.string())).optional(),
  context_tokens: z.int().optional(),
  /** In some result, as the model gets to see it. */
  sees: z.array(z.string()).default([]),
  /** Nowhere in the transcript. */
  never: z.array(z.string()).default([]),
  /** Files at the end; null for one that must not be there. */
  leaves: z.record(z.string(), z.string().nullable()).default({}),
  /** Lines of the thread, among others. */
  tells: z.array(z.string()).default([]),
  /** How often the conversation is cut when nothing disturbs it. */
  cuts: z.int().default(0),
});

export type TurnOfFile = z.infer<typeof turnSchema>;
export type Conversation = z.infer<typeof conversationSchema> & { readonly name: string };

/** All conversations, by name. Throws with the file's name where one is not right. */
export function readConversations(): readonly Conversation[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((file) => {
    const parsed = conversationSchema.safeParse(parse(readFileSync(join(FOLDER, file), 'utf8')));
    if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
    return { ...parsed.data, name: file.replace(/\.yaml$/, '') };
  });
}

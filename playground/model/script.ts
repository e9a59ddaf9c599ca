// The format of a recording: which request it answers, and what the model says and calls, step by step.
// Files come from people, so every mistake is reported with its place in the file.

import { parse } from 'yaml';
import { z } from 'zod';

export const faultKinds = [
  'rate_limited',
  'http_500',
  'http_401',
  'overloaded',
  'bad_gateway',
  'no_answer',
  'hang',
  'cut_mid_stream',
  'cut_mid_call',
  'stream_error',
  'invalid_json',
  'unknown_tool',
  'empty',
  'content_filter',
  'context_overflow',
] as const;

export const faultSchema = z.strictObject({
  kind: z.enum(faultKinds),
  /** How many requests for the step fail before the real answer comes. */
  times: z.int().min(1).default(1),
  /** Seconds, sent as Retry-After with `rate_limited` and `overloaded`. */
  retry_after: z.number().min(0).optional(),
});

const pattern = z
  .string()
  .min(1)
  .transform((source, context) => {
    try {
      return new RegExp(source, 'is');
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: `not a regular expression: ${String(thrown)}` });
      return z.NEVER;
    }
  });

const conditionSchema = z.strictObject({ last_result_matches: pattern });

const toolCallSchema = z.strictObject({
  name: z.string().min(1),
  arguments: z.record(z.string(), z.unknown()).default({}),
});

const answerShape = {
  say: z.string().optional(),
  thinking: z.string().optional(),
  tools: z.array(toolCallSchema).min(1).optional(),
  fault: z.union([faultSchema.transform((fault) => [fault]), z.array(faultSchema)]).optional(),
  delay_ms: z.int().min(0).optional(),
  /** Nothing of the answer comes before a test lets this name go on. */
  hold: z.string().min(1).optional(),
  usage: z
    .strictObject({
      input_tokens: z.int().min(0).optional(),
      cached_tokens: z.int().min(0).optional(),
      output_tokens: z.int().min(0).optional(),
    })
    .optional(),
};

const alternativeSchema = z
  .strictObject({ when: conditionSchema.optional(), ...answerShape })
  .refine(
    (answer) => answer.say !== undefined || answer.tools !== undefined,
    'a step needs `say` or `tools`',
  );

const stepSchema = z
  .strictObject({ either: z.array(z.unknown()).optional(), when: conditionSchema.optional(), ...answerShape })
  .transform((step, context): readonly Alternative[] => {
    const { either, ...plain } = step;
    if (either !== undefined && Object.keys(plain).length > 0) {
      context.addIssue({
        code: 'custom',
        message: '`either` stands alone: put the rest into its alternatives',
      });
      return z.NEVER;
    }
    const parsed = z
      .array(alternativeSchema)
      .min(1)
      .safeParse(either ?? [plain]);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues) {
        context.addIssue({
          code: 'custom',
          message,
          path: either === undefined ? path.slice(1) : ['either', ...path],
        });
      }
      return z.NEVER;
    }
    if (parsed.data.at(-1)?.when !== undefined) {
      context.addIssue({ code: 'custom', message: 'the last alternative must not have `when`' });
    }
    return parsed.data;
  })
  .pipe(z.custom<readonly Alternative[]>());

const scriptSchema = z
  .strictObject({
    name: z.string().min(1).optional(),
    /** One request this recording answers, shown to a person who asked for something else. */
    example: z.string().optional(),
    /** `judge` recordings answer only requests without tools: verdicts, titles, summaries. */
    role: z.enum(['agent', 'judge']).default('agent'),
    match: pattern.optional(),
    system_matches: pattern.optional(),
    /** Of the whole message, with what stands around the request in it. */
    message_matches: pattern.optional(),
    priority: z.number().default(0),
    steps: z.array(stepSchema).min(1),
  })
  .superRefine((script, context) => {
    if (script.match === undefined && script.system_matches === undefined) {
      context.addIssue({ code: 'custom', message: 'a script needs `match` or `system_matches`' });
    }
    if (script.role === 'agent' && script.match === undefined) {
      context.addIssue({ code: 'custom', message: 'a script for the agent needs `match`', path: ['match'] });
    }
    if (script.steps.at(-1)?.some((answer) => answer.tools !== undefined)) {
      const path = ['steps', script.steps.length - 1];
      context.addIssue({
        code: 'custom',
        message: 'the last step ends the turn: it has `say` and no `tools`',
        path,
      });
    }
  });

export type FaultKind = (typeof faultKinds)[number];
export type Fault = z.infer<typeof faultSchema>;
/** One possible answer of a step; the first one whose `when` holds is played. */
export type Alternative = z.infer<typeof alternativeSchema>;
export type Script = Omit<z.infer<typeof scriptSchema>, 'name'> & { readonly name: string };

/** A recording could not be used; the message names its source, the place and what was expected. */
export class ScriptError extends Error {
  constructor(source: string, problem: string) {
    super(`${source}: ${problem}`);
    this.name = 'ScriptError';
  }
}

/** Parses one recording; throws a ScriptError. `source` is the file, and names the script if nothing else does. */
export function parseScript(text: string, source: string): Script {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (thrown) {
    throw new ScriptError(source, thrown instanceof Error ? thrown.message : String(thrown));
  }
  const parsed = scriptSchema.safeParse(raw);
  if (!parsed.success) {
    throw new ScriptError(source, z.prettifyError(parsed.error));
  }
  const fallbackName = source.replace(/^.*[\\/]/, '').replace(/\.ya?ml$/, '');
  return { ...parsed.data, name: parsed.data.name ?? fallbackName };
}

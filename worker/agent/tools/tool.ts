// The contract of a tool: its schema, its summary for people, and its work. `registry.ts` lists all tools.
import { z } from 'zod';
import type { ArtifactStore } from '../../../core/artifact.ts';
import type { EventBody } from '../../../core/event.ts';
import type { ChildUsage } from '../../../core/journal.ts';
import { issuesText, parseJson } from '../../../core/parse.ts';
import type { PageDriver } from '../../../sandbox/port/browser.ts';
import type { Sandbox } from '../../../sandbox/port/sandbox.ts';
import type { ToolSpec } from '../../model/model.ts';

/** What a call works with. */
export interface ToolContext {
  readonly sandbox: Sandbox;
  readonly artifacts: ArtifactStore;
  /** Names this call for good, also for a worker that repeats it after a crash: command ids begin with it. */
  readonly callKey: string;
  /** True where a worker before this one may have begun the very same call. */
  readonly resumed: boolean;
  /** Abort ends the call at once. */
  readonly signal: AbortSignal;
  /** The rest of the turn's time. */
  readonly remainingMs: number;
  report(event: EventBody): Promise<void>;
  openBrowser(): Promise<PageDriver>;
  /** Names the shell whose working directory and variables the call shares. */
  readonly shellName: string;
  /** Lets a child agent work on a task and gives its report. */
  delegate(task: Pick<Delegated, 'text' | 'isReadOnly'>): Promise<ToolOutcome>;
}

/** A task for a child agent. */
export interface Delegated {
  readonly callKey: string;
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly remainingMs: number;
  readonly stepsLeft: number;
}

export interface ToolResult {
  readonly kind: 'result';
  readonly ok: boolean;
  readonly output: string;
  readonly imageArtifactIds?: readonly string[];
  /** What a child agent used for it. */
  readonly used?: ChildUsage;
}

export type ToolOutcome =
  | ToolResult
  /** Only a person can answer: the run ends, and the answer becomes the call's result. */
  | { readonly kind: 'question'; readonly question: string; readonly options: readonly string[] };

export interface ToolDefinition<Shape extends z.ZodRawShape> {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodObject<Shape>;
  /** Changes nothing: may run beside other calls that only read, and again after a crash. */
  readonly onlyReads?: boolean | ((input: z.infer<z.ZodObject<Shape>>) => boolean);
  /** The thread does not show the call: its work is itself an event or a question. */
  readonly quiet?: boolean;
  /** Paths in the sandbox that the call is about: the rules of their folders are added to its result. */
  touches?(input: z.infer<z.ZodObject<Shape>>): readonly string[];
  /** A few plain words for the thread. */
  summarize(input: z.infer<z.ZodObject<Shape>>): string;
  /** Refusals that the model can do something about are results with `ok: false`, not errors. */
  run(input: z.infer<z.ZodObject<Shape>>, context: ToolContext): Promise<ToolOutcome>;
}

/** A call whose arguments are understood. */
export interface PreparedCall {
  readonly onlyReads: boolean;
  readonly quiet: boolean;
  readonly summary: string;
  readonly touches: readonly string[];
  /** Present where the call was written otherwise than the tool takes it: the tool that was meant, and what was mended. */
  readonly understood?: { readonly name: string; readonly mended: readonly string[] };
  run(context: ToolContext): Promise<ToolOutcome>;
}

export interface Tool {
  readonly spec: ToolSpec;
  /** Understands the arguments, or says in one sentence for the model why not. */
  prepare(argumentsText: string): PreparedCall | { readonly refusal: string };
}

/** Makes a tool of its definition. */
export function defineTool<Shape extends z.ZodRawShape>(definition: ToolDefinition<Shape>): Tool {
  const { name, description, input } = definition;
  const { $schema: _, ...parameters } = z.toJSONSchema(input, { io: 'input' });
  return {
    spec: { name, description, parameters },
    prepare: (argumentsText) => {
      const raw = argumentsText.trim() === '' ? {} : parseJson(argumentsText);
      if (raw === undefined) {
        return {
          refusal: `The arguments of ${name} are not valid JSON. Send one JSON object, with line breaks in strings as \\n.`,
        };
      }
      const parsed = input.safeParse(withoutNulls(raw));
      if (!parsed.success) return { refusal: refusalOf(name, parsed.error, Object.keys(input.shape)) };
      return {
        onlyReads: onlyReadsOf(definition, parsed.data),
        quiet: definition.quiet ?? false,
        summary: definition.summarize(parsed.data),
        touches: definition.touches?.(parsed.data) ?? [],
        run: (context) => definition.run(parsed.data, context),
      };
    },
  };
}

function onlyReadsOf<Shape extends z.ZodRawShape>(
  { onlyReads }: ToolDefinition<Shape>,
  input: z.infer<z.ZodObject<Shape>>,
): boolean {
  return typeof onlyReads === 'function' ? onlyReads(input) : (onlyReads ?? false);
}

/** The result of a call that did what it should. */
export function succeeded(output: string, imageArtifactIds: readonly string[] = []): ToolResult {
  return { kind: 'result', ok: true, output, ...(imageArtifactIds.length > 0 ? { imageArtifactIds } : {}) };
}

/** The result of a call that did not; `output` says for the model why. */
export function failed(output: string): ToolResult {
  return { kind: 'result', ok: false, output };
}

/** Models trained on strict schemas write null where an optional field is meant to be absent. */
function withoutNulls(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
}

function refusalOf(name: string, error: z.ZodError, known: readonly string[]): string {
  const problems = issuesText(error.issues, '');
  return `The arguments of ${name} are not right: ${problems}. It takes: ${known.join(', ')}.`;
}

// Runs the calls of one response: in order, those that only read side by side, each result kept before the
// next action.
import { type ErrorCode, ThreadsmithError } from '../../core/errors.ts';
import type { ToolResultEntry } from '../../core/journal.ts';
import { throwIfStopped, whileRunning } from './abort.ts';
import { visible } from './compaction.ts';
import { newRules } from './folder-rules.ts';
import { silentGuide } from './guide.ts';
import type { AgentTask } from './task.ts';
import { oneLine } from './tools/output.ts';
import { prepareCall } from './tools/registry.ts';
import type { PreparedCall, Tool, ToolContext, ToolOutcome } from './tools/tool.ts';
import type { PendingCall, Transcript } from './transcript.ts';

const MAX_AT_ONCE = 8;

/** Failures that the model can do something about; all others end the run. */
const FOR_THE_MODEL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'path_refused',
  'file_too_large',
  'sandbox_full',
  'browser_failed',
  'command_timeout',
  'artifact_refused',
]);

export interface CallSurroundings {
  readonly task: AgentTask;
  readonly tools: readonly Tool[];
  readonly transcript: Transcript;
  /** The context of a call without what is the call's own. */
  readonly contextOf: (key: string, resumed: boolean) => ToolContext;
}

export interface Question {
  readonly key: string;
  readonly question: string;
  readonly options: readonly string[];
}

interface ReadyCall {
  readonly pending: PendingCall;
  readonly prepared: PreparedCall | { readonly refusal: string };
}

/** Runs all calls; or those before a question to a person, which it then returns. */
export async function runCalls(
  calls: readonly PendingCall[],
  resumed: boolean,
  surroundings: CallSurroundings,
): Promise<Question | null> {
  const ready = calls.map((pending): ReadyCall => {
    const { name, argumentsText } = pending.call;
    return { pending, prepared: prepareCall(surroundings.tools, name, argumentsText) };
  });
  for (const batch of batchesOf(ready)) {
    const settled = await Promise.allSettled(batch.map((call) => runCall(call, resumed, surroundings)));
    const outcomes = settled.map((outcome) => {
      if (outcome.status === 'rejected') {
        throwIfStopped(surroundings.task.signal);
        throw outcome.reason;
      }
      return outcome.value;
    });
    const entries: ToolResultEntry[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const { pending, prepared } = batch[index] ?? unreachable();
      const { call, key } = pending;
      if (outcome.kind === 'question') return { key, question: outcome.question, options: outcome.options };
      const { kind: _, ...rest } = outcome;
      const entry: ToolResultEntry = { kind: 'tool_result', callId: call.callId, ...rest };
      const touched = 'refusal' in prepared ? [] : prepared.touches;
      const conversation = [...visible(surroundings.transcript.entries), ...entries];
      const rules = await newRules(surroundings.task.guide ?? silentGuide, touched, conversation);
      entries.push({ ...entry, output: entry.output + rules });
    }
    await surroundings.transcript.append(...entries);
  }
  return null;
}

/** Neighbours that only read go together; everything else goes alone. */
function batchesOf(calls: readonly ReadyCall[]): readonly (readonly ReadyCall[])[] {
  const batches: ReadyCall[][] = [];
  for (const call of calls) {
    const last = batches.at(-1);
    const joins = last !== undefined && last.length < MAX_AT_ONCE && isRead(call) && last.every(isRead);
    if (joins) last.push(call);
    else batches.push([call]);
  }
  return batches;
}

function isRead({ prepared }: ReadyCall): boolean {
  return 'refusal' in prepared || prepared.onlyReads;
}

async function runCall(
  { pending, prepared }: ReadyCall,
  resumed: boolean,
  { task, contextOf }: CallSurroundings,
): Promise<ToolOutcome> {
  if ('refusal' in prepared) return { kind: 'result', ok: false, output: prepared.refusal };
  const context = contextOf(pending.key, resumed);
  if (prepared.quiet) return whileRunning(task.signal, prepared.run(context));
  const tool = pending.call.name;
  const summary = oneLine(task.redact(prepared.summary), 120);
  const startedAt = performance.now();
  await task.report({ type: 'tool.started', tool, summary });
  const outcome = await whileRunning(task.signal, settle(prepared, context));
  const ok = outcome.kind === 'result' && outcome.ok;
  const durationMs = Math.round(performance.now() - startedAt);
  await task.report({ type: 'tool.finished', tool, summary, ok, durationMs });
  return outcome;
}

async function settle(prepared: PreparedCall, context: ToolContext): Promise<ToolOutcome> {
  try {
    return await prepared.run(context);
  } catch (thrown) {
    if (!(thrown instanceof ThreadsmithError) || !FOR_THE_MODEL.has(thrown.code)) throw thrown;
    return { kind: 'result', ok: false, output: `${thrown.message} ${thrown.advice}` };
  }
}

function unreachable(): never {
  throw new ThreadsmithError('internal', 'A call has no outcome.', 'Report this as a bug.');
}

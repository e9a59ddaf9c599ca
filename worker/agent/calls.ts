// Runs the calls of one response in their order, those that only read side by side. Each result is in the journal
// before the next action.
import { type ErrorCode, ThreadsmithError } from '../../core/errors.ts';
import type { ToolResultEntry } from '../../core/journal.ts';
import { throwIfStopped, untilStopped } from './abort.ts';
import { visible } from './compaction.ts';
import { newRules } from './folder-rules.ts';
import { emptyGuide } from './guide.ts';
import type { AgentEnding, AgentTask } from './task.ts';
import { oneLine } from './tools/output.ts';
import { prepareCall } from './tools/registry.ts';
import type { PreparedCall, Tool, ToolContext, ToolOutcome } from './tools/tool.ts';
import type { PendingCall, Transcript } from './transcript.ts';

const MAX_AT_ONCE = 8;

/** Failures that the model gets as a result, because it can do something about them; all others end the run. */
const FOR_THE_MODEL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'path_refused',
  'file_too_large',
  'sandbox_full',
  'browser_failed',
  'command_timeout',
  'artifact_refused',
]);

export interface CallOptions {
  readonly task: Pick<AgentTask, 'signal' | 'guide' | 'redact' | 'report'> & {
    readonly tools: readonly Tool[];
  };
  readonly transcript: Transcript;
  /** What the call with this key works with. */
  readonly contextOf: (callKey: string) => ToolContext;
}

type Question = Extract<AgentEnding, { kind: 'asked' }>;

interface ReadyCall {
  readonly pending: PendingCall;
  readonly prepared: PreparedCall | { readonly refusal: string };
}

/**
 * Runs all calls and appends their results. A call that asks a person is the last one: its question is returned.
 * Throws failures that the model can do nothing about and, on abort, the signal's reason.
 */
export async function runCalls(
  calls: readonly PendingCall[],
  options: CallOptions,
): Promise<Question | null> {
  const { task, transcript } = options;
  const ready = calls.map((pending): ReadyCall => {
    const { name, argumentsText } = pending.call;
    return { pending, prepared: prepareCall(task.tools, name, argumentsText) };
  });
  for (const batch of batchesOf(ready)) {
    const settled = await Promise.allSettled(batch.map((call) => runCall(call, options)));
    const outcomes = settled.map((outcome) => {
      if (outcome.status === 'rejected') {
        throwIfStopped(task.signal);
        throw outcome.reason;
      }
      return outcome.value;
    });
    const entries: ToolResultEntry[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const { pending, prepared } = batch[index] ?? unreachable();
      const { call, key } = pending;
      if (outcome.kind === 'question') return { ...outcome, kind: 'asked', callId: key };
      const { kind: _, ...rest } = outcome;
      const entry: ToolResultEntry = { kind: 'tool_result', callId: call.callId, ...rest };
      const touched = 'refusal' in prepared ? [] : prepared.touches;
      const conversation = [...visible(transcript.entries), ...entries];
      const rules = await newRules(task.guide ?? emptyGuide, touched, conversation);
      entries.push({ ...entry, output: entry.output + rules });
    }
    await transcript.append(...entries);
  }
  return null;
}

/** Groups neighbours that only read; every other call is a batch of its own. */
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
  { task, contextOf }: CallOptions,
): Promise<ToolOutcome> {
  if ('refusal' in prepared) return { kind: 'result', ok: false, output: prepared.refusal };
  const context = contextOf(pending.key);
  const { understood } = prepared;
  if (understood !== undefined) {
    const mended = understood.mended.map((what) => task.redact(what));
    await task.report({ type: 'call.mended', tool: understood.name, mended });
  }
  if (prepared.quiet) return untilStopped(task.signal, prepared.run(context));
  const tool = understood?.name ?? pending.call.name;
  const summary = oneLine(task.redact(prepared.summary), 120);
  const startedAt = performance.now();
  await task.report({ type: 'tool.started', tool, summary });
  const outcome = await untilStopped(task.signal, resultOf(prepared, context));
  const ok = outcome.kind === 'result' && outcome.ok;
  const durationMs = Math.round(performance.now() - startedAt);
  await task.report({ type: 'tool.finished', tool, summary, ok, durationMs });
  return outcome;
}

async function resultOf(prepared: PreparedCall, context: ToolContext): Promise<ToolOutcome> {
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

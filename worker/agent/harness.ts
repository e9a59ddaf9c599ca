// The agent's loop: ask the model, keep its answer, run its calls, keep their results, ask again.
//
// The loop decides by the transcript alone, and each step is in the journal before the next action. So a worker
// that takes a turn over runs the same loop and continues where the journal ends.
import { hasCode } from '../../core/errors.ts';
import type { Usage } from '../../core/result.ts';
import type { ModelAnswer, ModelWait } from '../model/model.ts';
import { stopReason, throwIfStopped } from './abort.ts';
import { callContexts } from './call-context.ts';
import { runCalls } from './calls.ts';
import { type CompactionReach, compactionOf, isNearlyFull, visible } from './compaction.ts';
import { emptyGuide } from './guide.ts';
import { ImageCache } from './images.ts';
import { nudgeAfter } from './nudge.ts';
import type { AgentBudget, AgentEnding, AgentOutcome, AgentTask, SpentBudget } from './task.ts';
import { delegateTool } from './tools/delegate.ts';
import { specsOf, toolsFor } from './tools/registry.ts';
import type { ToolContext } from './tools/tool.ts';
import { type PendingCall, Transcript } from './transcript.ts';

/** The thread hears of a model server's trouble only when it delays the turn for longer than this. */
const QUIET_WAIT_MS = 30_000;
/** What today's models for code take in at least; counts where nothing is configured. */
const DEFAULT_CONTEXT_TOKENS = 200_000;
/** After this many cuts in a row the prompt itself does not fit into the model. */
const MAX_OVERFLOWS = 2;

/**
 * Works on the request until the model is done, a person must answer, or the budget is spent. Call it again
 * with the same task after a crash: it continues. Throws the model's errors, `sandbox_lost`, the journal's
 * errors and, on abort, the signal's reason.
 */
export async function runAgent(task: AgentTask): Promise<AgentOutcome> {
  const run = new AgentRun(task, await Transcript.load(task.journal, task.turnId, task.keyPrefix));
  try {
    await run.begin();
    for (;;) {
      const ending = await run.step();
      if (ending !== null) return { ...ending, usage: run.usage() };
    }
  } finally {
    await run.saved;
  }
}

/** One run of the loop. Its state besides the transcript only says what happened since this run began. */
class AgentRun {
  readonly #task: AgentTask & Required<Pick<AgentTask, 'tools'>>;
  readonly #transcript: Transcript;
  readonly #images: ImageCache;
  readonly #contextOf: (callKey: string, resumed: boolean) => ToolContext;
  readonly #startedAt = performance.now();
  /** Settles once the work of the step before is saved. */
  saved: Promise<void> = Promise.resolve();
  /** Calls that are open in the first step may have been begun by a worker before this one. */
  #isFirstStep = true;
  /** How often in a row the model's server said that the conversation is too long. */
  #overflows = 0;

  constructor(task: AgentTask, transcript: Transcript) {
    const own = task.tools ?? toolsFor(task.guide ?? emptyGuide);
    this.#task = { ...task, tools: task.openChild === undefined ? own : [...own, delegateTool] };
    this.#transcript = transcript;
    this.#images = new ImageCache(task.artifacts);
    this.#contextOf = callContexts({
      task: this.#task,
      remainingMs: () => this.#remainingMs(),
      stepsLeft: () => task.budget.maxSteps - this.usage().steps,
      run: runAgent,
    });
  }

  /** Does what the transcript says is next. Returns how the run ends, or null while it goes on. */
  async step(): Promise<AgentEnding | null> {
    throwIfStopped(this.#task.signal);
    const resumed = this.#isFirstStep;
    this.#isFirstStep = false;
    const calls = this.#transcript.pendingCalls();
    if (calls.length > 0) return this.#execute(calls, resumed);
    await this.#takeMessages();
    const answer = this.#transcript.restingResponse();
    if (answer !== null) return { kind: 'finished', text: answer.text };
    const what = spentOf(this.#task.budget, this.usage());
    return what === null ? this.#query() : { kind: 'budget_spent', what };
  }

  async #execute(calls: readonly PendingCall[], resumed: boolean): Promise<AgentEnding | null> {
    await this.saved;
    const question = await runCalls(calls, {
      task: this.#task,
      transcript: this.#transcript,
      contextOf: (callKey) => this.#contextOf(callKey, resumed),
    });
    // The work of this step is saved while the model thinks about the next one.
    this.saved = this.#task.saveWork?.() ?? this.saved;
    return question;
  }

  async #query(): Promise<AgentEnding | null> {
    const { instructions, contextTokens = DEFAULT_CONTEXT_TOKENS } = this.#task;
    if (this.#overflows === 0 && isNearlyFull(this.#transcript.entries, instructions, contextTokens))
      await this.#compact('recent_steps');
    try {
      const answer = await this.#askModel();
      this.#overflows = 0;
      if (answer === null) return { kind: 'budget_spent', what: 'time' };
      const nudge = nudgeAfter(answer, this.#transcript.entries);
      await this.#transcript.append(answer.response, ...(nudge === null ? [] : [nudge]));
    } catch (thrown) {
      if (!hasCode(thrown, 'model_context_full') || this.#overflows >= MAX_OVERFLOWS) throw thrown;
      if (!(await this.#compact(this.#overflows === 0 ? 'recent_steps' : 'last_step'))) throw thrown;
      this.#overflows += 1;
    }
    return null;
  }

  /** Appends the request, or the answer to the open question, unless the transcript has it already. */
  async begin(): Promise<void> {
    const { answers, request } = this.#task;
    const open = this.#transcript.pendingCalls();
    if (answers !== undefined) {
      const { callId: key, text: output, ...pictures } = answers;
      const asked = open[0];
      if (asked?.key === key) {
        const { callId } = asked.call;
        return this.#transcript.append({ kind: 'tool_result', callId, ok: true, output, ...pictures });
      }
      if (this.#transcript.hasResultOf(key)) return;
    }
    if (this.#transcript.hasMessage(request)) return;
    // Calls that an earlier turn left open are not run any more, and the model has to know.
    const dropped = open.map(({ call }) => ({
      kind: 'tool_result' as const,
      callId: call.callId,
      ok: false,
      output: 'This was not done: the turn ended before. Read the next message.',
    }));
    await this.#transcript.append(...dropped, request);
  }

  /** Tokens, steps and money of the whole turn, and the time of this run. */
  usage(): Usage {
    const { model, prices } = this.#task;
    return this.#transcript.usage(model.name, Math.round(performance.now() - this.#startedAt), prices);
  }

  /** The model's next answer, or null where the turn's time ran out over it. */
  async #askModel(): Promise<ModelAnswer | null> {
    const { model, signal, instructions, tools, onText } = this.#task;
    const remainingMs = this.#remainingMs();
    if (remainingMs <= 0) return null;
    const timeUp = AbortSignal.timeout(remainingMs);
    const reports: Promise<void>[] = [];
    const onWait = (wait: ModelWait): void => {
      if (wait.waitedMs + wait.delayMs < QUIET_WAIT_MS) return;
      reports.push(this.#progress(`${wait.reason} Trying again.`));
    };
    try {
      const entries = visible(this.#transcript.entries);
      const images = await this.#images.of(entries);
      return await model.respond(
        { instructions, entries, images, tools: specsOf(tools) },
        {
          signal: AbortSignal.any([signal, timeUp]),
          onWait,
          ...(onText === undefined ? {} : { onDelta: onText }),
        },
      );
    } catch (thrown) {
      if (signal.aborted) throw stopReason(signal);
      if (timeUp.aborted) return null;
      throw thrown;
    } finally {
      await Promise.all(reports);
    }
  }

  async #takeMessages(): Promise<void> {
    const taken = await this.#task.takeMessages();
    await this.#transcript.append(
      ...taken.filter((message) => message.id === undefined || !this.#transcript.hasMessage(message)),
    );
  }

  /** Appends a summary in place of older entries; false where there is nothing to sum up. */
  async #compact(reach: CompactionReach): Promise<boolean> {
    const { model, signal, contextTokens = DEFAULT_CONTEXT_TOKENS } = this.#task;
    await this.#progress('Summing up, to make room for more');
    const options = { transcript: this.#transcript, model, contextTokens, reach, signal };
    const entry = await compactionOf(options).catch((thrown: unknown) => {
      throwIfStopped(signal);
      throw thrown;
    });
    if (entry === null) return false;
    await this.#transcript.append(entry);
    return true;
  }

  #progress(detail: string): Promise<void> {
    return this.#task.report({ type: 'phase.progress', phase: 'agent', detail });
  }

  #remainingMs(): number {
    return this.#task.budget.maxMs - Math.round(performance.now() - this.#startedAt);
  }
}

function spentOf({ maxSteps, maxTokens, maxCost }: AgentBudget, usage: Usage): SpentBudget | null {
  if (usage.steps >= maxSteps) return 'steps';
  if (usage.inputTokens + usage.outputTokens >= (maxTokens ?? Infinity)) return 'tokens';
  return (usage.cost?.amount ?? 0) >= (maxCost ?? Infinity) ? 'money' : null;
}

// The agent's loop: ask the model, keep its answer, run its calls, keep their results, ask again.
//
// Every step is in the journal before the next action, and the loop decides by the transcript alone. So a
// worker that takes over runs the same loop and continues where the journal ends.
import { hasCode } from '../../core/errors.ts';
import type { Usage } from '../../core/event.ts';
import type { MessageEntry } from '../../core/journal.ts';
import type { PageHands } from '../../sandbox/port/browser.ts';
import type { ModelAnswer, ModelWait } from '../model/model.ts';
import { killSignal, stopReason, throwIfStopped } from './abort.ts';
import { nudgeAfter } from './answers.ts';
import { type CallSurroundings, runCalls } from './calls.ts';
import { childTask, reportOf, reportOfFailure } from './child.ts';
import { compactionOf, isNearlyFull, visible } from './compaction.ts';
import { silentGuide } from './guide.ts';
import { ImageShelf } from './images.ts';
import type { AgentBudget, AgentOutcome, AgentTask, SpentBudget } from './task.ts';
import { delegateTool } from './tools/delegate.ts';
import { specsOf, toolsFor } from './tools/registry.ts';
import type { Tool } from './tools/tool.ts';
import { Transcript } from './transcript.ts';

/** The thread hears of a model server's trouble only when it holds the turn up for longer than this. */
const QUIET_WAIT_MS = 30_000;
/** Where nothing else is configured: what today's models for code have at least. */
const DEFAULT_CONTEXT_TOKENS = 200_000;
/** Cut twice, and still too long: then the prompt itself does not fit. */
const MAX_PRESSURE = 2;

/**
 * Works on the request until the model is done, a person must answer, or the budget is spent. Call it again
 * with the same task after a crash: it continues. Throws the model's errors, `sandbox_lost`, the journal's
 * errors and, on abort, the signal's reason.
 */
export async function runAgent(task: AgentTask): Promise<AgentOutcome> {
  const saves = savesOf(task);
  try {
    return await stepOn(task, saves);
  } finally {
    await saves.done();
  }
}

/** What is saved of a step is saved while the model thinks about the next one. */
interface Saves {
  begin(): void;
  done(): Promise<void>;
}

function savesOf({ saveWork }: AgentTask): Saves {
  let last = Promise.resolve();
  return { begin: () => void (last = saveWork?.() ?? last), done: () => last };
}

async function stepOn(task: AgentTask, saves: Saves): Promise<AgentOutcome> {
  const startedAt = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedAt);
  const remainingMs = (): number => task.budget.maxMs - elapsedMs();
  const transcript = await Transcript.load(task.journal, task.turnId, task.keyPrefix);
  const images = new ImageShelf(task.artifacts);
  const surroundings = surroundingsOf(task, transcript, remainingMs);
  const usage = () => transcript.usage(task.model.name, elapsedMs(), task.prices);

  await begin(task, transcript);
  // How often in a row the conversation did not fit, though room was made for it.
  let pressure = 0;
  // Calls that are open now may have been begun by a worker before this one.
  let resumed = true;
  for (;;) {
    throwIfStopped(task.signal);
    const calls = transcript.pendingCalls();
    if (calls.length > 0) {
      await saves.done();
      const asked = await runCalls(calls, resumed, surroundings);
      saves.begin();
      resumed = false;
      if (asked === null) continue;
      const { key: callId, question, options } = asked;
      return { kind: 'asked', callId, question, options, usage: usage() };
    }
    resumed = false;
    await takeMessages(task, transcript);
    const last = transcript.restingResponse();
    if (last !== null) return { kind: 'finished', text: last.text, usage: usage() };
    const spent = spentOf(task.budget, usage());
    if (spent !== null) return { kind: 'budget_spent', what: spent, usage: usage() };
    const contextTokens = task.contextTokens ?? DEFAULT_CONTEXT_TOKENS;
    if (pressure === 0 && isNearlyFull(transcript.entries, task.instructions, contextTokens)) {
      await makeRoom(task, transcript, contextTokens, pressure);
    }
    let answer: ModelAnswer | null;
    try {
      answer = await askModel(task, transcript, images, remainingMs());
    } catch (thrown) {
      if (!hasCode(thrown, 'model_context_full') || pressure >= MAX_PRESSURE) throw thrown;
      if (!(await makeRoom(task, transcript, contextTokens, pressure))) throw thrown;
      pressure += 1;
      continue;
    }
    pressure = 0;
    if (answer === null) return { kind: 'budget_spent', what: 'time', usage: usage() };
    const nudge = nudgeAfter(answer, transcript.entries);
    await transcript.append(answer.response, ...(nudge === null ? [] : [nudge]));
  }
}

function spentOf({ maxSteps, maxTokens, maxCost }: AgentBudget, usage: Usage): SpentBudget | null {
  if (usage.steps >= maxSteps) return 'steps';
  if (usage.inputTokens + usage.outputTokens >= (maxTokens ?? Infinity)) return 'tokens';
  return (usage.cost?.amount ?? 0) >= (maxCost ?? Infinity) ? 'money' : null;
}

/** Brings the transcript to where the work on this request can go on. */
async function begin(task: AgentTask, transcript: Transcript): Promise<void> {
  const { answers } = task;
  if (answers !== undefined) {
    const pending = transcript.pendingCalls()[0];
    if (pending?.key === answers.callId) {
      const { callId } = pending.call;
      const { text: output, callId: _asked, ...pictures } = answers;
      return transcript.append({ kind: 'tool_result', callId, ok: true, output, ...pictures });
    }
    if (transcript.hasResultOf(answers.callId)) return;
  }
  if (transcript.hasMessage(task.request)) return;
  // What a turn before left open will not be done any more, and the model must know.
  const dropped = transcript.pendingCalls().map(({ call }) => ({
    kind: 'tool_result' as const,
    callId: call.callId,
    ok: false,
    output: 'This was not done: the turn ended before. Read the next message.',
  }));
  await transcript.append(...dropped, task.request);
}

async function takeMessages(task: AgentTask, transcript: Transcript): Promise<void> {
  const taken: readonly MessageEntry[] = await task.takeMessages();
  const fresh = taken.filter((message) => message.id === undefined || !transcript.hasMessage(message));
  await transcript.append(...fresh);
}

/** Cuts the conversation; false where there is nothing to cut. */
async function makeRoom(
  task: AgentTask,
  transcript: Transcript,
  contextTokens: number,
  pressure: number,
): Promise<boolean> {
  await task.report({ type: 'phase.progress', phase: 'agent', detail: 'Summing up, to make room for more' });
  const { model, signal } = task;
  const entry = await compactionOf({ transcript, model, contextTokens, pressure, signal }).catch(
    (thrown: unknown) => {
      throwIfStopped(signal);
      throw thrown;
    },
  );
  if (entry === null) return false;
  await transcript.append(entry);
  return true;
}

/** The model's next answer, or null where the turn's time ran out over it. */
async function askModel(
  task: AgentTask,
  transcript: Transcript,
  images: ImageShelf,
  remainingMs: number,
): Promise<ModelAnswer | null> {
  if (remainingMs <= 0) return null;
  const timeUp = AbortSignal.timeout(remainingMs);
  const told: Promise<void>[] = [];
  const onWait = (wait: ModelWait): void => {
    if (wait.waitedMs + wait.delayMs < QUIET_WAIT_MS) return;
    const detail = `${wait.reason} Trying again.`;
    told.push(task.report({ type: 'phase.progress', phase: 'agent', detail }));
  };
  try {
    const entries = visible(transcript.entries);
    const request = {
      instructions: task.instructions,
      entries,
      tools: specsOf(toolsOf(task)),
      images: await images.of(entries),
    };
    return await task.model.respond(request, {
      signal: AbortSignal.any([task.signal, timeUp]),
      onWait,
      ...(task.onText === undefined ? {} : { onDelta: task.onText }),
    });
  } catch (thrown) {
    if (task.signal.aborted) throw stopReason(task.signal);
    if (timeUp.aborted) return null;
    throw thrown;
  } finally {
    await Promise.all(told);
  }
}

function toolsOf({ tools, guide, openChild }: AgentTask): readonly Tool[] {
  const own = tools ?? toolsFor(guide ?? silentGuide);
  return openChild === undefined ? own : [...own, delegateTool];
}

function surroundingsOf(
  task: AgentTask,
  transcript: Transcript,
  remainingMs: () => number,
): CallSurroundings {
  const signal = killSignal(task.signal);
  let browser: Promise<PageHands> | undefined;
  const openBrowser = (): Promise<PageHands> => {
    browser ??= task.openBrowser();
    // One that did not open is tried again with the next call.
    browser.catch(() => (browser = undefined));
    return browser;
  };
  const { sandbox, artifacts } = task;
  return {
    task,
    transcript,
    tools: toolsOf(task),
    contextOf: (callKey, resumed) => ({
      sandbox,
      artifacts,
      callKey,
      resumed,
      signal,
      remainingMs: remainingMs(),
      report: (event) => task.report(event),
      openBrowser,
      shellName: task.keyPrefix === undefined ? 'shell' : `shell-${task.keyPrefix}`,
      delegate: async (wanted) => {
        const stepsLeft = task.budget.maxSteps - transcript.usage(task.model.name, 0).steps;
        const child = childTask(
          { ...task, tools: toolsOf(task) },
          { ...wanted, callKey, remainingMs: remainingMs(), stepsLeft },
        );
        if (child === null) return { kind: 'result', ok: false, output: 'There are no child agents here.' };
        return runAgent(child).then(reportOf, (thrown: unknown) => reportOfFailure(thrown, child));
      },
    }),
  };
}

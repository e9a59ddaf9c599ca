// Sub-tasks: a child agent with a conversation of its own in the same sandbox. Its steps are in a journal of its
// own, so that a worker that takes the turn over continues the child as well.
import { type ErrorCode, ThreadsmithError } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import type { Usage } from '../../core/result.ts';
import { prompt } from './prompts.ts';
import type { AgentOutcome, AgentTask } from './task.ts';
import { type Delegated, failed, type ToolOutcome } from './tools/tool.ts';
import { Transcript } from './transcript.ts';

/** A child that needs more steps was given too much. */
const MAX_STEPS = 40;
/** Tools that only the parent has: people see one plan, one agent asks them, and children have no children. */
const PARENT_TOOLS: ReadonlySet<string> = new Set(['ask_user', 'update_plan', 'artifact', 'delegate']);
const READING_TOOLS: ReadonlySet<string> = new Set(['read_file', 'search', 'load_skill']);

/** Failures of a child that its parent can do something about; all others end the parent's turn as well. */
const FOR_THE_PARENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'model_context_full',
  'model_answer_invalid',
]);

/**
 * Runs a child agent with `run` and returns its report as a tool result for the parent, also where the child did
 * not finish. Throws what ends the parent's turn too: a stop, a lost lease or sandbox, a model that cannot be
 * reached.
 */
export async function runChild(
  run: (task: AgentTask) => Promise<AgentOutcome>,
  parent: AgentTask,
  delegated: Delegated,
): Promise<ToolOutcome> {
  const child = childTask(parent, delegated);
  if (child === null) return failed('There are no child agents here.');
  try {
    return reportOf(await run(child));
  } catch (thrown) {
    if (!(thrown instanceof ThreadsmithError) || !FOR_THE_PARENT.has(thrown.code)) throw thrown;
    const transcript = await Transcript.load(child.journal, child.turnId, child.keyPrefix);
    const words = `The sub-task failed: ${thrown.message} Look at what it changed, and go on yourself or with a smaller task.`;
    return report(false, words, transcript.usage(child.model.name, 0));
  }
}

function childTask(parent: AgentTask, delegated: Delegated): AgentTask | null {
  const { callKey, text, isReadOnly, remainingMs, stepsLeft } = delegated;
  const journal = parent.openChild?.(callKey);
  if (journal === undefined) return null;
  const { answers: _answers, onText: _onText, openChild: _openChild, ...same } = parent;
  const tools = (parent.tools ?? []).filter(
    ({ spec }) => !PARENT_TOOLS.has(spec.name) && (!isReadOnly || READING_TOOLS.has(spec.name)),
  );
  return {
    ...same,
    journal,
    tools,
    keyPrefix: callKey,
    instructions: `${parent.instructions}\n\n${prompt('child')}`,
    request: {
      kind: 'message',
      id: 'request',
      text: `<request from="the agent that called you">\n${text}\n</request>`,
    },
    budget: { ...parent.budget, maxSteps: Math.min(MAX_STEPS, stepsLeft), maxMs: remainingMs },
    takeMessages: async () => [],
    report: (event) => parent.report(ofChild(event)),
  };
}

function reportOf(outcome: AgentOutcome): ToolOutcome {
  switch (outcome.kind) {
    case 'finished':
      return report(true, outcome.text, outcome.usage);
    case 'budget_spent': {
      const words = `The sub-task used up its ${outcome.what} before it was done. Look at what it changed, and go on yourself or with a smaller task.`;
      return report(false, words, outcome.usage);
    }
    case 'asked':
      return report(false, `It asked: ${outcome.question}`, outcome.usage);
  }
}

function report(ok: boolean, output: string, usage: Usage): ToolOutcome {
  const { model, steps, inputTokens, cachedTokens, outputTokens } = usage;
  return {
    kind: 'result',
    ok,
    output,
    used: { model, steps, usage: { inputTokens, cachedTokens, outputTokens } },
  };
}

/** The event as the thread shows it: a child's actions are marked. */
function ofChild(event: EventBody): EventBody {
  if (event.type !== 'tool.started' && event.type !== 'tool.finished') return event;
  return { ...event, summary: `↳ ${event.summary}` };
}

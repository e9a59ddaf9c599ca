// Sub-tasks: a child agent with a conversation of its own, in the same sandbox. Its steps are in a journal of
// its own, so that a worker that takes over goes on with the child as well.
import { type ErrorCode, ThreadsmithError } from '../../core/errors.ts';
import type { EventBody } from '../../core/event.ts';
import { prompt } from './prompts.ts';
import type { AgentOutcome, AgentTask } from './task.ts';
import type { Delegated, ToolOutcome } from './tools/tool.ts';
import { Transcript } from './transcript.ts';

/** A child that needs more was given too much. */
const MAX_STEPS = 40;
/** What children do not get: people see one plan, one agent asks them, and children have no children. */
const NOT_FOR_CHILDREN: ReadonlySet<string> = new Set(['ask_user', 'update_plan', 'artifact', 'delegate']);
const ONLY_READING: ReadonlySet<string> = new Set(['read_file', 'search', 'load_skill']);

const FOR_THE_PARENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'model_context_full',
  'model_answer_invalid',
]);

/** The task of a child, made of its parent's. */
export function childTask(parent: AgentTask, delegated: Delegated): AgentTask | null {
  const { callKey, text, isReadOnly, remainingMs, stepsLeft } = delegated;
  const journal = parent.openChild?.(callKey);
  if (journal === undefined) return null;
  const { answers: _answers, onText: _onText, openChild: _openChild, ...same } = parent;
  const tools = (parent.tools ?? []).filter(
    ({ spec }) => !NOT_FOR_CHILDREN.has(spec.name) && (!isReadOnly || ONLY_READING.has(spec.name)),
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

/** What the child's end means for its parent. */
export function reportOf(outcome: AgentOutcome): ToolOutcome {
  const { model, steps, inputTokens, cachedTokens, outputTokens } = outcome.usage;
  const used = { model, steps, usage: { inputTokens, cachedTokens, outputTokens } };
  switch (outcome.kind) {
    case 'finished':
      return { kind: 'result', ok: true, output: outcome.text, used };
    case 'budget_spent': {
      const output = `The sub-task used up its ${outcome.what} before it was done. Look at what it changed, and go on yourself or with a smaller task.`;
      return { kind: 'result', ok: false, output, used };
    }
    case 'asked':
      return { kind: 'result', ok: false, output: `It asked: ${outcome.question}`, used };
  }
}

/** What the parent can do something about; everything else ends its turn as well, and is thrown again. */
export async function reportOfFailure(thrown: unknown, child: AgentTask): Promise<ToolOutcome> {
  if (!(thrown instanceof ThreadsmithError) || !FOR_THE_PARENT.has(thrown.code)) throw thrown;
  const transcript = await Transcript.load(child.journal, child.turnId, child.keyPrefix);
  const { model, steps, inputTokens, cachedTokens, outputTokens } = transcript.usage(child.model.name, 0);
  const output = `The sub-task failed: ${thrown.message} Look at what it changed, and go on yourself or with a smaller task.`;
  return {
    kind: 'result',
    ok: false,
    output,
    used: { model, steps, usage: { inputTokens, cachedTokens, outputTokens } },
  };
}

function ofChild(event: EventBody): EventBody {
  if (event.type !== 'tool.started' && event.type !== 'tool.finished') return event;
  return { ...event, summary: `↳ ${event.summary}` };
}

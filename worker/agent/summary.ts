// Writes the text that takes the place of the older part of a conversation: the model's own summary, and after it
// what must not depend on a model: the plan, the files, what people asked for.
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import type {
  ConversationEntry,
  JournalEntry,
  MessageEntry,
  StepUsage,
  ToolCall,
} from '../../core/journal.ts';
import { parseJson } from '../../core/parse.ts';
import { type Model, singleMessage } from '../model/model.ts';
import { prompt } from './prompts.ts';
import { cutMiddle, oneLine, shown } from './tools/output.ts';
import { agentTools, prepareCall } from './tools/registry.ts';

const RESULT_CHARS = 1_500;
const ARGUMENTS_CHARS = 1_000;
const SUMMARY_CHARS = 12_000;
const MAX_FILES = 60;
const MAX_REQUESTS = 20;
/** The summary's request takes this share of the context; the rest is for the prompt and the answer. */
const READ_SHARE = 0.6;
const NOTHING: StepUsage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };

/** Lets the model sum up what is left out. Where it cannot, its own words from the steps make up the summary. */
export async function writeSummary(
  model: Model,
  left: readonly ConversationEntry[],
  contextChars: number,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly usage: StepUsage }> {
  const conversation = cutMiddle(left.map(rendered).join('\n\n'), Math.round(contextChars * READ_SHARE));
  try {
    const { response } = await model.respond(
      singleMessage(prompt('compact'), `<conversation>\n${conversation}\n</conversation>`),
      { signal },
    );
    const text = response.text.trim();
    if (text !== '') return { text: cutMiddle(text, SUMMARY_CHARS), usage: response.usage };
    return { text: wordsOfSteps(left), usage: response.usage };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof ThreadsmithError)) throw thrown;
    return { text: wordsOfSteps(left), usage: NOTHING };
  }
}

/** The summary, followed by what the entries say for certain. The same entries give the same text. */
export function summaryText(
  summary: string,
  entries: readonly JournalEntry[],
  ofThisTurn: readonly MessageEntry[],
): string {
  const calls = entries.flatMap((entry) => (entry.kind === 'response' ? entry.toolCalls : []));
  const changed = new Set(filesOf(calls, ['edit_file', 'apply_patch']));
  const read = new Set(filesOf(calls, ['read_file']).filter((path) => !changed.has(path)));
  const now = new Set<JournalEntry>(ofThisTurn);
  const earlier = entries.flatMap((entry) =>
    entry.kind === 'message' && entry.id === 'request' && !now.has(entry)
      ? [oneLine(requestIn(entry.text), 400)]
      : [],
  );
  return [
    '<summary note="The conversation was cut here to make room; the work goes on. What is in this summary was done already.">',
    summary,
    section('Earlier requests in this thread, all done with', earlier.slice(-MAX_REQUESTS)),
    section('The plan', planIn(calls)),
    section('Files that you changed or made', [...changed].slice(-MAX_FILES)),
    section('Files that you read', [...read].slice(-MAX_FILES)),
    '</summary>',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `# ${title}\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

const planSchema = z.object({ steps: z.array(z.object({ title: z.string(), status: z.string() })) });

function planIn(calls: readonly ToolCall[]): readonly string[] {
  const plans = calls
    .filter(({ name }) => name === 'update_plan')
    .map((call) => planSchema.safeParse(parseJson(call.argumentsText)));
  const last = plans.findLast((plan) => plan.success)?.data;
  return (last?.steps ?? []).map(({ title, status }) => `${oneLine(title, 120)} (${oneLine(status, 20)})`);
}

/** The files that calls of these tools are about. */
function filesOf(calls: readonly ToolCall[], tools: readonly string[]): readonly string[] {
  return calls.flatMap(({ name, argumentsText }) => {
    const call = prepareCall(agentTools, name, argumentsText);
    if ('refusal' in call || !tools.includes(call.understood?.name ?? name)) return [];
    return call.touches.map((path) => shown(path));
  });
}

/** The words of the request alone: its tags would mark it as the current one. */
function requestIn(text: string): string {
  return /<request\b[^>]*>([\s\S]*?)<\/request>/.exec(text)?.[1] ?? text;
}

function rendered(entry: ConversationEntry): string {
  switch (entry.kind) {
    case 'message':
      return `MESSAGE\n${entry.text}`;
    case 'response': {
      const calls = entry.toolCalls.map(
        ({ name, argumentsText }) => `CALL ${name} ${cutMiddle(argumentsText, ARGUMENTS_CHARS)}`,
      );
      return ['AGENT', entry.text, ...calls].filter((part) => part !== '').join('\n');
    }
    case 'tool_result':
      return `RESULT${entry.ok ? '' : ' (failed)'}\n${cutMiddle(entry.output, RESULT_CHARS)}`;
  }
}

function wordsOfSteps(left: readonly ConversationEntry[]): string {
  const said = left.flatMap((entry) => {
    if (entry.kind === 'message') return entry.text.startsWith('<summary') ? [entry.text] : [];
    return entry.kind === 'response' && entry.text.trim() !== '' ? [`- ${oneLine(entry.text, 400)}`] : [];
  });
  const last = left.findLast((entry) => entry.kind === 'tool_result');
  const seen =
    last?.kind === 'tool_result' ? `\n\nThe last result was:\n${cutMiddle(last.output, RESULT_CHARS)}` : '';
  return `What you said while you worked:\n${cutMiddle(said.join('\n'), SUMMARY_CHARS)}${seen}`;
}

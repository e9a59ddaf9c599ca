// The model's answer before it takes the form of either API, with the faults that change what it says.

import { createHash } from 'node:crypto';
import type { Choice } from './choose.ts';
import { callId } from './choose.ts';
import type { FaultKind, Script } from './script.ts';
import type { Transcript } from './transcript.ts';

export interface AnswerCall {
  readonly id: string;
  readonly name: string;
  /** JSON as text; not parseable when a fault says so. */
  readonly arguments: string;
}

export interface Answer {
  /** Hex digits that name this answer; the same request gets the same ones. */
  readonly id: string;
  readonly model: string;
  readonly thinking: string;
  readonly text: string;
  readonly calls: readonly AnswerCall[];
  readonly finish: 'stop' | 'tool_calls' | 'content_filter';
}

/** Fields that a vendor adds to an answer, in the message and in each of its calls. */
export interface ExtraFields {
  readonly message: Readonly<Record<string, unknown>>;
  readonly calls: readonly Readonly<Record<string, unknown>>[];
}

/** An answer with its price. */
export interface PricedAnswer extends Answer {
  readonly usage: Usage;
  /** What the vendor adds to the answer. */
  readonly extra: ExtraFields;
}

/** What the model says at this point, changed by a fault of the kinds that live in the answer itself. */
export function answerFor(
  transcript: Transcript,
  choice: Choice,
  scripts: readonly Script[],
  fault: FaultKind | undefined,
): Answer {
  const empty = { id: idOf(transcript), model: transcript.model, thinking: '', text: '', calls: [] };
  if (fault === 'empty') {
    return { ...empty, finish: 'stop' };
  }
  if (fault === 'content_filter') {
    return { ...empty, finish: 'content_filter' };
  }
  if (choice.kind !== 'step') {
    return { ...empty, text: honestText(choice, scripts), finish: 'stop' };
  }
  const { answer, callPrefix, step } = choice;
  const tools = answer.tools ?? [];
  if (fault === 'invalid_json' || fault === 'unknown_tool') {
    const name =
      fault === 'unknown_tool' ? 'teleport' : (tools[0]?.name ?? transcript.toolNames[0] ?? 'shell');
    const text = JSON.stringify(tools[0]?.arguments ?? { command: 'true' });
    const call = {
      id: callId(callPrefix, step, false, 0),
      name,
      arguments: fault === 'unknown_tool' ? text : text.slice(0, Math.floor(text.length * 0.6)),
    };
    return { ...empty, calls: [call], finish: 'tool_calls' };
  }
  return {
    ...empty,
    thinking: answer.thinking ?? '',
    text: answer.say?.trim() ?? '',
    calls: tools.map((tool, position) => ({
      id: callId(callPrefix, step, true, position),
      name: tool.name,
      arguments: JSON.stringify(tool.arguments),
    })),
    finish: tools.length > 0 ? 'tool_calls' : 'stop',
  };
}

function honestText(choice: Exclude<Choice, { kind: 'step' }>, scripts: readonly Script[]): string {
  const known = scripts.map((script) => script.example).filter((example) => example !== undefined);
  const reason =
    choice.kind === 'unknown'
      ? 'This is the scripted model: it only plays recorded answers and has none for this request.'
      : `This is the scripted model: its recording "${choice.script.name}" ends here.`;
  const list = known.map((example) => `- ${example}`).join('\n');
  const requests = list === '' ? '' : `\n\nIt knows these requests:\n${list}`;
  return `${reason} Nothing was changed.${requests}\n\nSet OPENAI_API_KEY to work with a real model.`;
}

function idOf(transcript: Transcript): string {
  return createHash('sha256').update(transcript.prompt).digest('hex').slice(0, 32);
}

/** Cuts a text into the pieces in which a stream delivers it. */
export function pieces(text: string): string[] {
  const size = Math.max(16, Math.ceil(text.length / 60));
  const count = Math.ceil(text.length / size);
  return Array.from({ length: count }, (_, index) => text.slice(index * size, (index + 1) * size));
}

export interface Usage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

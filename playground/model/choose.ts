// Which recorded step answers a request. Derived from the request alone, so that a worker which was killed
// and resumes, or a second worker which takes over, gets exactly the same next step.

import { createHash } from 'node:crypto';
import { noteBefore, noteFor } from './note.ts';
import type { Alternative, Script } from './script.ts';
import type { Entry, PastCall, Transcript } from './transcript.ts';

export type Choice =
  | {
      readonly kind: 'step';
      readonly script: Script;
      readonly step: number;
      readonly answer: Alternative;
      readonly callPrefix: string;
    }
  | { readonly kind: 'past_end'; readonly script: Script; readonly step: number }
  | { readonly kind: 'unknown' };

interface Anchor {
  readonly script: Script;
  readonly index: number;
}

/** Picks the step that comes next in the conversation; of several scripts that match, the first one. */
export function chooseStep(transcript: Transcript, scripts: readonly Script[]): Choice {
  const anchor = judgeFor(transcript, scripts) ?? agentFor(transcript, scripts);
  if (anchor === undefined) {
    return { kind: 'unknown' };
  }
  const { script } = anchor;
  const after = transcript.entries.slice(anchor.index + 1);
  const note = noteBefore(transcript.entries, anchor.index);
  const step = script.role === 'judge' ? 0 : stepsTaken(after, note?.steps ?? 0);
  const alternatives = script.steps[step];
  if (alternatives === undefined) {
    return { kind: 'past_end', script, step };
  }
  const holding = firstThatHolds(alternatives, lastWord(after, note?.text ?? ''));
  const answer =
    script.role === 'judge' && holding !== undefined
      ? fillIn(
          holding,
          noteFor(textOf(transcript.entries[anchor.index]), (words) => isKnown(words, scripts)),
        )
      : holding;
  if (answer === undefined || (answer.tools !== undefined && transcript.toolNames.length === 0)) {
    return { kind: 'unknown' };
  }
  return { kind: 'step', script, step, answer, callPrefix: callPrefix(transcript, anchor) };
}

function judgeFor(transcript: Transcript, scripts: readonly Script[]): Anchor | undefined {
  if (transcript.toolNames.length > 0) {
    return undefined;
  }
  const index = transcript.entries.findLastIndex((entry) => entry.kind === 'user');
  const text = textOf(transcript.entries[index]);
  const script = scripts.find(
    (candidate) =>
      candidate.role === 'judge' &&
      (candidate.system_matches?.test(transcript.system) ?? true) &&
      (candidate.match?.test(text) ?? true),
  );
  return script && { script, index };
}

/** The newest user request that a recording knows; what came before it does not count any more. */
function agentFor(transcript: Transcript, scripts: readonly Script[]): Anchor | undefined {
  const { entries, system } = transcript;
  const tagged = entries.some((entry) => entry.kind === 'user' && requestIn(entry.text) !== undefined);
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    const words = entry?.kind === 'user' ? (tagged ? requestIn(entry.text) : entry.text) : undefined;
    if (words === undefined) {
      continue;
    }
    const script = scripts.find(
      (candidate) =>
        answers(candidate, words) &&
        (candidate.message_matches?.test(textOf(entry)) ?? true) &&
        (candidate.system_matches?.test(system) ?? true),
    );
    if (script !== undefined) {
      return { script, index };
    }
    // Words in the middle of a turn (an answer to a question, a remark) belong to that turn; after its
    // end they are a new request, and one that nobody recorded.
    if (tagged && turnEnded(entries.slice(0, index))) {
      return undefined;
    }
  }
  return undefined;
}

function answers({ role, match }: Script, words: string): boolean {
  return role === 'agent' && match?.test(words.replace(/\s+/g, ' ')) === true;
}

function isKnown(text: string, scripts: readonly Script[]): boolean {
  const words = requestIn(text);
  return words !== undefined && scripts.some((script) => answers(script, words));
}

/** The request itself where the product wraps it in tags, so that names or quoted threads never match. */
function requestIn(text: string): string | undefined {
  const inner = [...text.matchAll(/<request\b[^>]*>(.*?)<\/request>/gis)].map((match) => match[1] ?? '');
  return inner.length > 0 ? inner.join('\n') : undefined;
}

function turnEnded(before: readonly Entry[]): boolean {
  const last = before.findLast((entry) => entry.kind === 'assistant' || entry.kind === 'result');
  // Where everything was cut off, the summary that stands for it is of a turn at work.
  if (last === undefined) return noteBefore(before, before.length) === undefined;
  return last.kind === 'assistant' && last.calls.length === 0;
}

/**
 * How many recorded steps were played. A call's id carries the number of its step, so interleaved calls,
 * calls made up by a fault and a shortened transcript do not mislead; plain text counts as one step.
 */
function stepsTaken(entries: readonly Entry[], before: number): number {
  let taken = before;
  let inGroup = false;
  for (const entry of entries) {
    if (entry.kind !== 'assistant') {
      inGroup = false;
      continue;
    }
    const marks = entry.calls.map((call) => readCallId(call.id)).filter((mark) => mark !== undefined);
    const mark = marks[0];
    if (mark !== undefined) {
      taken = mark.playedInFull ? mark.step + 1 : mark.step;
    } else if (!inGroup && (entry.text !== '' || entry.calls.length > 0)) {
      taken += 1;
    }
    inGroup = true;
  }
  return taken;
}

function firstThatHolds(alternatives: readonly Alternative[], lastResult: string): Alternative | undefined {
  for (const alternative of alternatives) {
    const found = alternative.when?.last_result_matches.exec(lastResult);
    if (alternative.when === undefined) {
      return alternative;
    }
    if (found) {
      return fillIn(alternative, found.groups ?? {});
    }
  }
  return undefined;
}

/**
 * What the model heard last: a tool's result, or what a person said in between. Calls that a fault made up do
 * not count, and where everything was cut off it is what the summary tells.
 */
function lastWord(entries: readonly Entry[], note: string): string {
  const last = entries.findLastIndex((entry) => entry.kind === 'assistant' && !isMadeUp(entry.calls));
  const heard = entries.slice(last + 1).map((entry) => entry.text);
  return [...(last === -1 ? [note] : []), ...heard].join('\n');
}

function isMadeUp(calls: readonly PastCall[]): boolean {
  return calls.some((call) => readCallId(call.id)?.playedInFull === false);
}

/** Puts the named groups of `when` into the answer's `{{name}}` places. */
function fillIn(alternative: Alternative, groups: Record<string, string | undefined>): Alternative {
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, name) => groups[name] ?? whole);
  const fillValue = (value: unknown): unknown => (typeof value === 'string' ? fill(value) : value);
  return {
    ...alternative,
    ...(alternative.say === undefined ? {} : { say: fill(alternative.say) }),
    ...(alternative.tools === undefined
      ? {}
      : {
          tools: alternative.tools.map((tool) => ({
            name: tool.name,
            arguments: Object.fromEntries(
              Object.entries(tool.arguments).map(([key, value]) => [key, fillValue(value)]),
            ),
          })),
        }),
  };
}

/** The same for every retry of one request, different for the same words said again later in the thread. */
function callPrefix(transcript: Transcript, anchor: Anchor): string {
  const before = transcript.entries.slice(0, anchor.index + 1).map(textOf);
  return createHash('sha256')
    .update(JSON.stringify([anchor.script.name, before]))
    .digest('hex')
    .slice(0, 12);
}

/** The id of a call; `playedInFull` is false for a call that a fault made up. */
export function callId(prefix: string, step: number, playedInFull: boolean, position: number): string {
  return `call_${prefix}${playedInFull ? 's' : 'f'}${step}n${position}`;
}

function readCallId(id: string): { step: number; playedInFull: boolean } | undefined {
  const found = /^call_[0-9a-f]{12}([sf])(\d+)n\d+$/.exec(id);
  return found ? { step: Number(found[2]), playedInFull: found[1] === 's' } : undefined;
}

function textOf(entry: Entry | undefined): string {
  return entry?.text ?? '';
}

// What a recorded summary notes down for its own recording, which must go on where it was once its steps are cut
// off from the conversation: real models find the same in what they read.
import type { Entry } from './transcript.ts';

export interface Note {
  readonly steps: number;
  /** The whole summary. */
  readonly text: string;
}

const STEPS_SAID = /steps played so far: (\d+)/gi;
const BLOCK = /^(?=(?:MESSAGE|AGENT|RESULT)\b)/m;

/** The note that a recorded summary holds right before this place; those of earlier turns have steps behind them. */
export function noteBefore(entries: readonly Entry[], index: number): Note | undefined {
  const before = entries.slice(0, index);
  const behind = before.slice(before.findLastIndex((entry) => entry.kind !== 'user') + 1);
  return readNote(behind.map((entry) => entry.text).join('\n'));
}

/**
 * What a recorded summary may fill in about the conversation it sums up: the steps since the newest request
 * that a recording knows, and the last result.
 */
export function noteFor(conversation: string, isKnown: (text: string) => boolean): Record<string, string> {
  const blocks = conversation.split(BLOCK);
  const isStep = (block: string): boolean => block.startsWith('AGENT');
  const request = blocks.findLastIndex((block) => block.startsWith('MESSAGE') && isKnown(block));
  const since = blocks.slice(request + 1).filter(isStep).length;
  const behind = blocks.slice(
    blocks.findLastIndex((block, at) => at < request && isStep(block)) + 1,
    request,
  );
  const before = readNote(behind.join(''));
  const results = blocks.slice(blocks.findLastIndex(isStep) + 1);
  return {
    steps: String(since + (before?.steps ?? 0)),
    result: since === 0 ? (before?.text ?? '') : results.join(''),
  };
}

function readNote(text: string): Note | undefined {
  const said = [...text.matchAll(STEPS_SAID)].at(-1)?.[1];
  return said === undefined ? undefined : { steps: Number(said), text };
}

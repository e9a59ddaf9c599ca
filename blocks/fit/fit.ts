// Fits any message into Slack's limits: splits its blocks, and moves the rest into further messages.
import type { KnownBlock } from '@slack/types';
import type { FittedMessage, Message } from '../parts/message.ts';
import { NOTHING, paragraph, words } from '../parts/rich.ts';
import { MESSAGE_BLOCKS_MAX, MESSAGE_CHARS_BUDGET, MESSAGE_TEXT_MAX } from '../rules/limits.ts';
import { cut, escape, escapeTo } from '../rules/text.ts';
import { type Problem, validateMessage } from '../rules/validate.ts';
import { weigh, wordsOf } from '../rules/weigh.ts';
import { cutMarkup, fitBlock } from './fit-block.ts';

/** The longest `text` of a message that continues another one. */
const OVERFLOW_TEXT_MAX = 3_000;

/**
 * Returns the message within Slack's limits. Never throws. Buttons stay in the first message, also in a long one;
 * other blocks keep their order. A block that Slack would still refuse is replaced by its words.
 */
export function fit(message: Message): FittedMessage {
  const replaced: Problem[] = [];
  const blocks = message.blocks.flatMap(fitBlock).map((block) => legal(block, replaced));
  const [first = [], ...rest] = pack(blocks.length > 0 ? blocks : textBlocks(message.text));
  return {
    text: textOf(message.text, first),
    blocks: first,
    overflow: rest.map((more) => ({ text: textOf('', more), blocks: more })),
    replaced,
  };
}

/** Fits a message, and further blocks into messages that follow it. */
export function fitWithRest(message: Message, rest: readonly KnownBlock[]): FittedMessage {
  const fitted = fit(message);
  if (rest.length === 0) return fitted;
  const { text, blocks, overflow, replaced } = fit({ text: '', blocks: [...rest] });
  return {
    ...fitted,
    overflow: [...fitted.overflow, { text, blocks }, ...overflow],
    replaced: [...fitted.replaced, ...replaced],
  };
}

/** The blocks of a message that has none: its text, which is mrkdwn already. */
function textBlocks(text: string): KnownBlock[] {
  const shown = text.trim() === '' ? NOTHING : text.toWellFormed();
  return fitBlock({ type: 'section', text: { type: 'mrkdwn', text: shown } });
}

function textOf(text: string, blocks: readonly KnownBlock[]): string {
  if (text.trim() !== '') return cutMarkup(text.toWellFormed(), MESSAGE_TEXT_MAX);
  const words = escapeTo(blocks.map(wordsOf).filter(Boolean).join('\n').trim(), OVERFLOW_TEXT_MAX);
  return words.trim() === '' ? NOTHING : words;
}

function legal(block: KnownBlock, replaced: Problem[]): KnownBlock {
  const problems = validateMessage({ text: NOTHING, blocks: [block] });
  if (problems.length === 0) return block;
  replaced.push(...problems);
  return paragraph(words(cut(wordsOf(block).trim(), OVERFLOW_TEXT_MAX) || NOTHING));
}

/** Distributes blocks over messages. Rows of buttons go to the first one, which reserves space for them. */
function pack(blocks: readonly KnownBlock[]): KnownBlock[][] {
  const controls = blocks.filter((block) => block.type === 'actions');
  const messages: KnownBlock[][] = [];
  let current: KnownBlock[] = [];
  let weight = weigh(controls);
  let slots = MESSAGE_BLOCKS_MAX - Math.min(controls.length, MESSAGE_BLOCKS_MAX - 1);
  const next = () => {
    messages.push(current);
    current = [];
    weight = 0;
    slots = MESSAGE_BLOCKS_MAX;
  };
  for (const block of blocks) {
    if (block.type === 'actions') {
      const home = messages[0] ?? current;
      if (home.length < MESSAGE_BLOCKS_MAX) home.push(block);
      continue;
    }
    const more = weigh(block);
    const secondTable = block.type === 'table' && current.some((other) => other.type === 'table');
    if (current.length > 0 && (weight + more > MESSAGE_CHARS_BUDGET || slots === 0 || secondTable)) next();
    current.push(block);
    weight += more;
    slots -= 1;
  }
  return current.length > 0 ? [...messages, current] : messages;
}

/** Makes the `text` of a message from literal lines: escapes them and leaves empty ones out. */
export function textLines(...lines: readonly string[]): string {
  return lines
    .map((line) => escape(line).trim())
    .filter((line) => line !== '')
    .join('\n');
}

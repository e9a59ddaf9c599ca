// Splits rich text into blocks within a limit: between paragraphs, lines and words, in this order.
import type { RichTextBlock, RichTextBlockElement, RichTextElement, RichTextSection } from '@slack/types';
import { list, preformatted, richText, section } from '../parts/rich.ts';
import { RICH_TEXT_CHARS_MAX } from '../rules/limits.ts';
import { splitLines, splitText } from '../rules/text.ts';
import { weigh } from '../rules/weigh.ts';

/** Reserved for the objects around a text. */
const OBJECTS_WEIGHT = 100;

/** Packs the parts into as few blocks as possible, each of at most `max` weight. Splits parts that are heavier. */
export function packRichText(
  parts: readonly RichTextBlockElement[],
  max = RICH_TEXT_CHARS_MAX,
): RichTextBlock[] {
  const blocks: RichTextBlock[] = [];
  let current: RichTextBlockElement[] = [];
  let weight = 0;
  for (const part of parts.flatMap((whole) => splitPart(whole, max))) {
    const more = weigh(part);
    if (current.length > 0 && weight + more > max) {
      blocks.push(richText(...current));
      current = [];
      weight = 0;
    }
    current.push(part);
    weight += more;
  }
  return current.length > 0 ? [...blocks, richText(...current)] : blocks;
}

function splitPart(part: RichTextBlockElement, max: number): RichTextBlockElement[] {
  if (part.elements.length === 0) return [];
  if (weigh(part) <= max) return [part];
  switch (part.type) {
    case 'rich_text_section':
      return splitRun(part.elements, max).map((elements) => ({ ...part, elements }));
    case 'rich_text_quote':
      return splitRun(part.elements, max).map((elements) => ({ ...part, elements }));
    case 'rich_text_preformatted':
      return splitLines(
        part.elements.map((element) => element.text ?? '').join(''),
        max - OBJECTS_WEIGHT,
      ).map((text) => preformatted(text));
    case 'rich_text_list':
      return splitList(part.elements, max, (items, done) =>
        list(items, {
          style: part.style,
          indent: part.indent ?? 0,
          offset: part.style === 'ordered' ? offsetOf(part) + done : 0,
        }),
      );
  }
}

function offsetOf(part: object): number {
  const offset: unknown = Reflect.get(part, 'offset');
  return typeof offset === 'number' ? offset : 0;
}

/** The rest of an item that is too long follows as paragraphs without a bullet. */
function splitList(
  items: readonly RichTextSection[],
  max: number,
  make: (items: readonly RichTextSection[], done: number) => RichTextBlockElement,
): RichTextBlockElement[] {
  const parts: RichTextBlockElement[] = [];
  let current: RichTextSection[] = [];
  let done = 0;
  const flush = () => {
    if (current.length > 0) parts.push(make(current, done));
    done += current.length;
    current = [];
  };
  const textMax = max - OBJECTS_WEIGHT;
  for (const item of items) {
    const [first = item.elements, ...rest] = weigh(item) > textMax ? splitRun(item.elements, textMax) : [];
    if (weigh(current) + weigh(first) > textMax) flush();
    current.push(section(first));
    if (rest.length === 0) continue;
    flush();
    parts.push(...rest.map((elements) => section(elements)));
  }
  flush();
  return parts;
}

/** Splits inline elements into runs of at most `max` weight. */
function splitRun(elements: readonly RichTextElement[], max: number): RichTextElement[][] {
  const runs: RichTextElement[][] = [];
  const textMax = max - OBJECTS_WEIGHT;
  let current: RichTextElement[] = [];
  let weight = 0;
  for (const element of elements.flatMap((whole) => splitElement(whole, textMax))) {
    const more = weigh(element);
    if (current.length > 0 && weight + more > textMax) {
      runs.push(current);
      current = [];
      weight = 0;
    }
    const next = current.length === 0 ? withoutLeadingBreaks(element) : element;
    if (!next) continue;
    current.push(next);
    weight += more;
  }
  return current.length > 0 ? [...runs, current] : runs;
}

function splitElement(element: RichTextElement, max: number): RichTextElement[] {
  if (element.type !== 'text' || element.text.length + 50 <= max) return [element];
  return splitText(element.text, max - 50).map((text) => ({ ...element, text }));
}

/** Removes line breaks at the beginning of a block; null where nothing is left. */
function withoutLeadingBreaks(element: RichTextElement): RichTextElement | null {
  if (element.type !== 'text') return element;
  const text = element.text.replace(/^\n+/, '');
  return text === '' ? null : { ...element, text };
}

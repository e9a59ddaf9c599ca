// A thread as plain text, for a terminal: who said what, with the blocks in words.
import { z } from 'zod';
import type { ThreadMessage } from './workspace-client.ts';

const blockSchema = z.looseObject({
  type: z.string().default(''),
  text: z.union([z.string(), z.looseObject({ text: z.string() })]).optional(),
});
type Block = z.infer<typeof blockSchema>;

const childrenSchema = z.array(z.unknown());

/** An image that a thread shows. */
export interface ThreadImage {
  readonly fileId: string;
  readonly altText: string;
}

const imageSchema = z.looseObject({
  type: z.literal('image'),
  alt_text: z.string().default(''),
  slack_file: z.looseObject({ id: z.string() }),
});

/** The thread in lines, oldest message first. `nameOf` gives a person's name for an id. */
export function threadText(messages: readonly ThreadMessage[], nameOf: (userId: string) => string): string {
  return messages
    .map((message) => {
      const author = message.user === undefined ? 'Threadsmith' : nameOf(message.user);
      const blocks = message.blocks.flatMap(linesOf);
      const lines = blocks.length > 0 ? blocks : message.text.split('\n');
      const words = lines.map((line) => line.replace(/<@(\w+)>/g, (_, id: string) => `@${nameOf(id)}`));
      return [author, ...words.filter((line) => line.trim() !== '').map((line) => `  ${line}`)].join('\n');
    })
    .join('\n\n');
}

/** All images that the messages show, in order, each once. */
export function threadImages(messages: readonly ThreadMessage[]): readonly ThreadImage[] {
  const found = new Map<string, ThreadImage>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) look(item);
    } else if (typeof value === 'object' && value !== null) {
      const image = imageSchema.safeParse(value).data;
      if (image !== undefined) {
        found.set(image.slack_file.id, { fileId: image.slack_file.id, altText: image.alt_text });
      }
      for (const item of Object.values(value)) look(item);
    }
  };
  for (const message of messages) look(message.blocks);
  return [...found.values()];
}

/** One block in lines: the words of its own, then those of what it contains. */
function linesOf(value: unknown): string[] {
  const parsed = blockSchema.safeParse(value).data;
  if (parsed === undefined) return [];
  switch (parsed.type) {
    case 'divider':
      return ['—'];
    case 'image':
      return [`[picture: ${stringAt(parsed, 'alt_text')}]`];
    case 'actions':
      return [
        childrenAt(parsed, 'elements')
          .map((element) => `[${linesOf(element).join(' ')}]`)
          .join(' '),
      ];
    case 'context':
    case 'rich_text_section':
      return childrenAt(parsed, 'elements').length > 0 ? [inline(childrenAt(parsed, 'elements'))] : [];
    case 'rich_text_preformatted':
      return inline(childrenAt(parsed, 'elements')).split('\n');
    case 'rich_text_list':
      return childrenAt(parsed, 'elements').map((element) => `• ${linesOf(element).join(' ')}`);
    case 'table':
    case 'data_table':
      return childrenAt(parsed, 'rows').map((row) =>
        (Array.isArray(row) ? row : []).map((cell) => linesOf(cell).join(' ')).join(' | '),
      );
    case 'plan':
      return [stringAt(parsed, 'title'), ...childrenAt(parsed, 'tasks').flatMap(linesOf)];
    case 'task_card':
      return [taskLine(parsed), ...linesOf(parsed['details']).map((line) => `    ${line}`)];
    default:
      return [
        ...ownText(parsed),
        ...['fields', 'elements', 'blocks'].flatMap((key) => childrenAt(parsed, key).flatMap(linesOf)),
      ];
  }
}

const TASK_MARKS: Record<string, string> = { complete: '✓', error: '✗', in_progress: '…', pending: '·' };

function taskLine(block: Block): string {
  return `${TASK_MARKS[stringAt(block, 'status')] ?? '·'} ${stringAt(block, 'title')}`;
}

function inline(elements: readonly unknown[]): string {
  return elements
    .map((element) => {
      const parsed = blockSchema.safeParse(element).data;
      if (parsed === undefined) return '';
      if (parsed.type === 'user') return `<@${stringAt(parsed, 'user_id')}>`;
      if (parsed.type === 'emoji') return `:${stringAt(parsed, 'name')}:`;
      if (parsed.type === 'link') return ownText(parsed)[0] ?? stringAt(parsed, 'url');
      return linesOf(element).join(' ');
    })
    .join('');
}

function ownText(block: Block): string[] {
  if (block.text === undefined) return [];
  const text = typeof block.text === 'string' ? block.text : block.text.text;
  return text.split('\n');
}

function stringAt(block: Block, key: string): string {
  const value = block[key];
  return typeof value === 'string' ? value : '';
}

function childrenAt(block: Block, key: string): readonly unknown[] {
  return childrenSchema.safeParse(block[key]).data ?? [];
}

// Everything that a message says: its text, and for messages of apps, which keep it elsewhere, the attachments
// and blocks too. https://docs.slack.dev/messaging/retrieving-messages
import { z } from 'zod';

const attachmentSchema = z.looseObject({
  pretext: z.string().optional(),
  title: z.string().optional(),
  title_link: z.string().optional(),
  text: z.string().optional(),
  fallback: z.string().optional(),
  fields: z.array(z.looseObject({ title: z.string().optional(), value: z.string().optional() })).optional(),
  footer: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
});

export const contentSchema = z.object({
  text: z.string().nullish(),
  attachments: z.array(attachmentSchema).nullish(),
  blocks: z.array(z.unknown()).nullish(),
});

export type Content = z.infer<typeof contentSchema>;

/** More than this of one message is not a request any more. */
const CHARS_MAX = 12_000;
const DEPTH_MAX = 12;

/** The words of a message, line by line, each once. */
export function wordsOfMessage(content: Content): string {
  const parts: string[] = [content.text ?? ''];
  for (const attachment of content.attachments ?? []) {
    const inner = [
      attachment.pretext,
      attachment.title,
      attachment.title_link,
      attachment.text,
      ...(attachment.fields ?? []).map(({ title, value }) => [title, value].filter(Boolean).join(': ')),
      ...(attachment.blocks ?? []).map((block) => wordsOfBlock(block, 0)),
      attachment.footer,
    ].filter((part) => part !== undefined && part.trim() !== '');
    parts.push(...(inner.length > 0 ? inner : [attachment.fallback]).map((part) => part ?? ''));
  }
  // A person's message has the same words in its blocks once more.
  if (parts.every((part) => part.trim() === '') || content.attachments?.length === 0 || isThin(content))
    parts.push(...(content.blocks ?? []).map((block) => wordsOfBlock(block, 0)));
  const lines = parts.flatMap((part) => part.split('\n')).map((line) => line.trimEnd());
  return lines
    .filter((line, index) => line.trim() === '' || lines.indexOf(line) === index)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .slice(0, CHARS_MAX);
}

/** Apps put a short line for notifications into `text` and what matters into blocks. */
function isThin({ text, blocks }: Content): boolean {
  const said = (blocks ?? []).map((block) => wordsOfBlock(block, 0)).join('\n');
  return said.length > 2 * (text ?? '').length;
}

/** The text objects of a block, wherever they are. */
function wordsOfBlock(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return '';
  if (Array.isArray(value)) {
    return value
      .map((item) => wordsOfBlock(item, depth + 1))
      .filter((text) => text !== '')
      .join('\n');
  }
  const fields: Readonly<Record<string, unknown>> = { ...value };
  if (fields['type'] === 'actions' || fields['type'] === 'button') return '';
  if (fields['type'] === 'rich_text_section' || fields['type'] === 'rich_text_preformatted')
    return inlineWords(fields['elements']);
  const own =
    typeof fields['text'] === 'string' ? [fields['text']] : [wordsOfBlock(fields['text'], depth + 1)];
  return [...own, wordsOfBlock(fields['fields'], depth + 1), wordsOfBlock(fields['elements'], depth + 1)]
    .filter((text) => text !== '')
    .join('\n');
}

function inlineWords(elements: unknown): string {
  if (!Array.isArray(elements)) return '';
  return elements
    .map((element: unknown) => {
      if (typeof element !== 'object' || element === null) return '';
      const { text, url, user_id: user }: Readonly<Record<string, unknown>> = { ...element };
      if (typeof text === 'string') return text;
      if (typeof url === 'string') return `<${url}>`;
      return typeof user === 'string' ? `<@${user}>` : '';
    })
    .join('');
}

// Counts the text in blocks, as Slack's undocumented limit does, and extracts their words.

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields whose strings people see or open. */
const SHOWN = new Set([
  'text',
  'title',
  'alt_text',
  'caption',
  'fallback',
  'url',
  'image_url',
  'description',
]);
/** Every object costs JSON as well: thousands of one-letter elements are a huge payload with little text. */
const OBJECT_WEIGHT = 8;

/** The number of characters of text in these blocks. */
export function textLength(value: unknown): number {
  return sum(value, 0);
}

/** The number of characters with a constant for each object: what counts against a message's budget. */
export function weigh(value: unknown): number {
  return sum(value, OBJECT_WEIGHT);
}

function sum(value: unknown, perObject: number): number {
  if (Array.isArray(value))
    return value.reduce((total: number, item: unknown) => total + sum(item, perObject), 0);
  if (!isFields(value)) return 0;
  return Object.entries(value).reduce((total, [name, field]) => {
    if (typeof field === 'string') return SHOWN.has(name) ? total + field.length : total;
    return total + sum(field, perObject);
  }, perObject);
}

/** The fields that hold words, in reading order. */
const WORDS = [
  'title',
  'subtitle',
  'body',
  'text',
  'alt_text',
  'fallback',
  'fields',
  'elements',
  'rows',
  'tasks',
  'details',
];

/** The words in a block, without formats and controls. */
export function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsOf).filter(Boolean).join(separator(value));
  if (!isFields(value) || value.type === 'actions') return '';
  if (value.type === 'link') return wordsOf(value.text ?? value.url);
  if (value.type === 'rich_text_section' || value.type === 'rich_text_quote') return runOf(value.elements);
  return WORDS.map((name) => wordsOf(value[name]))
    .filter(Boolean)
    .join(' ')
    .trim();
}

function runOf(elements: unknown): string {
  return Array.isArray(elements) ? elements.map(wordsOf).join('') : '';
}

/** Separates cells of a row by a bar, and everything else by a line break. */
function separator(items: readonly unknown[]): string {
  return items.every((item) => isFields(item) && (item.type === 'raw_text' || item.type === 'raw_number'))
    ? ' | '
    : '\n';
}

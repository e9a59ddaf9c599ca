// Counts the text in blocks, as Slack's undocumented total does, and says what they say in plain words.

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields whose strings people see or follow. */
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

/** How many characters of text these blocks hold. */
export function textLength(value: unknown): number {
  return sum(value, 0);
}

/** The same, with something added for each object: what a message's budget is spent on. */
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

/** Fields in which words are found, in the order in which they are read. */
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

/** The words in a block, without formats; controls are left out. */
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

/** Cells of a row stand beside each other, everything else below. */
function separator(items: readonly unknown[]): string {
  return items.every((item) => isFields(item) && (item.type === 'raw_text' || item.type === 'raw_number'))
    ? ' | '
    : '\n';
}

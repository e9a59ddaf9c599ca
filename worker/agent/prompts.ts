// Opens the prompts: the files of prompts/, one for each text that a model is instructed with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of `prompts/NAME.md`, trimmed, with each `{{key}}` replaced by its value or by nothing. */
export function prompt(name: string, values: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(join(import.meta.dirname, 'prompts', `${name}.md`), 'utf8');
  return text.trim().replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? '');
}

// Reads a call's arguments where they are not quite JSON, as long as only one meaning is possible.
import { jsonrepair } from 'jsonrepair';
import { z } from 'zod';
import { parseJson } from '../../../core/parse.ts';

const objectSchema = z.record(z.string(), z.unknown());

export interface ReadArguments {
  readonly input: Readonly<Record<string, unknown>>;
  /** True where the text had to be repaired. */
  readonly isRepaired: boolean;
}

/**
 * The object that the text means: JSON, JSON in a fence or as a string of JSON, with a brace too few or too
 * many, with line breaks in strings, or a patch by itself. Null where it may be something else: a text that ends
 * within a string, a number or a pair was cut off, and what is missing is not known.
 */
export function readArguments(text: string): ReadArguments | null {
  const exact = objectOf(text);
  if (exact !== null) return { input: exact, isRepaired: false };
  if (/^\s*(?:```\w*\s*)?(?:apply_patch\s*<<.*\n)?\*\*\* Begin Patch/.test(text)) {
    return { input: { patch: text }, isRepaired: true };
  }
  const bare = wholeObject(/^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text);
  if (bare === null) return null;
  try {
    const input = objectOf(jsonrepair(bare));
    return input === null ? null : { input, isRepaired: true };
  } catch {
    return null;
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  if (text.trim() === '') return {};
  const value = parseJson(text);
  return typeof value === 'string' ? objectOf(value) : (objectSchema.safeParse(value).data ?? null);
}

/** Strings, structure, and everything else up to the next of them; a quote by itself begins a string that was cut. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[{}[\]:,]|[^\s{}[\]:,"']+|["']/g;
/** Words that are whole as they stand; a number may go on. */
const WORD = /^(?:true|false|null|True|False|None)$/;

/**
 * The text of one object, without closers behind its last one; it may lack closers. Null where more follows it, or
 * where its last pair is not whole.
 */
function wholeObject(text: string): string | null {
  const open: string[] = [];
  let before = '';
  let last = '';
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (last === '' && token !== '{') return null;
    before = last;
    last = token;
    if (token === '{' || token === '[') open.push(token);
    if (token === '}' || token === ']') open.pop();
    if (open.length > 0) continue;
    const end = index + 1;
    return /^[\s}\]]*$/.test(text.slice(end)) ? text.slice(0, end) : null;
  }
  const isValue = before === ':' || open.at(-1) === '[';
  const isWhole = /^(?:"[\s\S]+"|'[\s\S]+')$/.test(last) || last === '""' || WORD.test(last);
  return last === '}' || last === ']' || (isValue && isWhole) ? text : null;
}

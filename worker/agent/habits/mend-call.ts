// Understands calls as models trained on other harnesses write them. What is meant plainly is done; what could be
// meant in two ways is refused with what the tool takes.
import { z } from 'zod';
import type { ToolSpec } from '../../model/model.ts';
import { IDLE_KEYS, KEYS } from './keys.ts';
import { ENDING_REFUSAL, meantName } from './names.ts';
import { barePatch, patchInShell } from './patch-envelope.ts';
import { readArguments } from './read-arguments.ts';
import { type Input, translate } from './translate.ts';

export type MendedCall =
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly argumentsText: string;
      /** What was understood otherwise than it was written, for the log. */
      readonly mended: readonly string[];
    }
  | { readonly kind: 'refused'; readonly refusal: string };

/**
 * What a call means that is not right as it stands, or null where that is not plain. `tools` are those that
 * exist. Of a tool that is not ours only the name is mended: what an MCP server does cannot be undone.
 */
export function mendCall(tools: readonly ToolSpec[], name: string, argumentsText: string): MendedCall | null {
  const known = tools.map((tool) => tool.name);
  const meant = meantName(name, known);
  if (meant === null) return null;
  if (meant === 'finish') return { kind: 'refused', refusal: ENDING_REFUSAL };
  const read = readArguments(argumentsText);
  if (read === null) return null;
  const keys = KEYS.get(meant);
  const isOurs = keys !== undefined || meant === 'list_files' || meant === 'find_files';
  const renamed = renameKeys(read.input, keys ?? new Map());
  if (!isOurs && read.isRepaired) return null;
  const translated = isOurs ? translate(meant, renamed) : { name: meant, input: read.input };
  const tool = tools.find((candidate) => candidate.name === translated?.name);
  if (translated === null)
    return name === meant ? null : { kind: 'refused', refusal: untranslatable(name, meant, tools) };
  if (tool === undefined) return null;
  const input = isOurs ? fitted(translated.input, tool) : translated.input;
  const mended = [
    ...(tool.name === name ? [] : [`${name.slice(0, 80)} is ${tool.name}`]),
    ...(read.isRepaired ? ['its arguments were not valid JSON'] : []),
    ...changedKeys(read.input, input),
  ];
  return { kind: 'call', name: tool.name, argumentsText: JSON.stringify(input), mended };
}

function untranslatable(name: string, meant: string, tools: readonly ToolSpec[]): string {
  const ours = tools.find((tool) => tool.name === meant);
  const takes = Object.keys(
    z.record(z.string(), z.unknown()).safeParse(ours?.parameters['properties']).data ?? {},
  );
  const what =
    ours === undefined
      ? 'There is no tool like that here.'
      : `Here that is ${meant}, which takes: ${takes.join(', ')}.`;
  return `${JSON.stringify(name.slice(0, 80))} cannot be called with these arguments. ${what}`;
}

/** True for a call that is valid and yet means another tool: a patch applied by a command of the shell. */
export function isPatchInShell(name: string, argumentsText: string): boolean {
  if (name !== 'shell' || !/apply_?patch/.test(argumentsText)) return false;
  const command = readArguments(argumentsText)?.input['command'];
  return typeof command === 'string' && patchInShell(command) !== null;
}

/** True for a patch that has a heredoc, a fence or words around it. */
export function isWrappedPatch(name: string, argumentsText: string): boolean {
  if (name !== 'apply_patch') return false;
  const patch = readArguments(argumentsText)?.input['patch'];
  return typeof patch === 'string' && barePatch(patch) !== patch.trim();
}

function renameKeys(input: Input, keys: ReadonlyMap<string, string>): Input {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const ours = keys.get(key) ?? key;
    // What is there under our own name counts; two foreign names for it stay apart, and the call is refused.
    const name = ours !== key && (ours in input || ours in renamed) ? key : ours;
    renamed[name] = value;
  }
  return renamed;
}

const propertySchema = z.looseObject({
  type: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

/** Values in the types and bounds that the tool has, without keys that mean nothing to it. */
function fitted(input: Input, { parameters }: ToolSpec): Input {
  const properties = z.record(z.string(), propertySchema).safeParse(parameters['properties']).data ?? {};
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) kept[key] = fit(value, property);
    else if (!IDLE_KEYS.has(key)) kept[key] = value;
  }
  return kept;
}

function fit(value: unknown, { type, minimum, maximum }: z.infer<typeof propertySchema>): unknown {
  if (type === 'boolean' && typeof value === 'string') {
    return /^(?:true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value;
  }
  if (type !== 'integer') return value;
  const number = typeof value === 'string' && /^\s*-?\d+(?:\.0+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return value;
  return Math.min(Math.max(Math.round(number), minimum ?? -Infinity), maximum ?? Infinity);
}

function changedKeys(before: Input, after: Input): readonly string[] {
  const changed = Object.keys(before).filter((key) => !Object.is(before[key], after[key]));
  return changed.map((key) =>
    key in after ? `${key} was fitted` : `${key.slice(0, 40)} was renamed or left out`,
  );
}

// The small language in which Block Kit's limits are written down: rules that look at a JSON value and note
// problems the way Slack words them, with a JSON pointer to the place.

import type { Dict } from '../records/records.ts';
import { isDict } from '../wire/args.ts';

export type Surface = 'message' | 'modal' | 'home';

/** One run of the checker over one payload. */
export interface Check {
  surface: Surface;
  problems: string[];
  /** Why a slack_file cannot be shown, or undefined when it can. */
  fileProblem: (reference: Dict) => string | undefined;
}

/** Notes what is wrong with the value at the JSON pointer `at`. */
export type Rule = (value: unknown, at: string, check: Check) => void;

export function note(check: Check, problem: string, at: string): void {
  check.problems.push(`[ERROR] ${problem} [json-pointer:${at}]`);
}

export interface TextLimits {
  min?: number;
  max: number;
  pattern?: RegExp;
}

/** A JSON string within limits. Slack counts UTF-16 units as JavaScript does. */
export function string({ min = 0, max, pattern }: TextLimits): Rule {
  return (value, at, check) => {
    if (typeof value !== 'string') note(check, 'must be a string', at);
    else if (value.length < min) note(check, `must be more than ${min - 1} characters`, at);
    else if (value.length > max) note(check, `must be less than ${max + 1} characters`, at);
    else if (pattern !== undefined && !pattern.test(value))
      note(check, 'does not match the expected pattern', at);
  };
}

export const anyString = string({ max: Number.MAX_SAFE_INTEGER });
export const idString = string({ min: 1, max: 255 });
export const url = string({ min: 1, max: 3000, pattern: /^[a-z][a-z0-9+.-]*:/i });

export const flag: Rule = (value, at, check) => {
  if (typeof value !== 'boolean') note(check, 'must be a boolean', at);
};

export function integer(min: number, max: number): Rule {
  return (value, at, check) => {
    if (!Number.isInteger(value)) note(check, 'must be an integer', at);
    else if (Number(value) < min) note(check, `must be at least ${min}`, at);
    else if (Number(value) > max) note(check, `must be at most ${max}`, at);
  };
}

export const number: Rule = (value, at, check) => {
  if (typeof value !== 'number') note(check, 'must be a number', at);
};

export function oneOf(...allowed: (string | number)[]): Rule {
  return (value, at, check) => {
    if (!allowed.some((option) => option === value))
      note(check, `must be a valid enum value: ${allowed.join(', ')}`, at);
  };
}

export function list(item: Rule, { min = 1, max }: { min?: number; max: number }): Rule {
  return (value, at, check) => {
    if (!Array.isArray(value)) {
      note(check, 'must be an array', at);
      return;
    }
    if (value.length < min) note(check, `no fewer than ${min} items allowed`, at);
    if (value.length > max) note(check, `no more than ${max} items allowed`, at);
    value.slice(0, max).forEach((entry, index) => {
      item(entry, `${at}/${index}`, check);
    });
  };
}

export interface Shape {
  required?: Record<string, Rule>;
  optional?: Record<string, Rule>;
  /** At least one of these must be there. */
  anyOf?: string[];
  /** Exactly one of these must be there. */
  oneOf?: string[];
  /** What no single field can say. */
  also?: (value: Dict, at: string, check: Check) => void;
}

/** An object with these fields and no others. `type` is allowed everywhere: the caller chose by it. */
export function object({ required = {}, optional = {}, anyOf, oneOf: exactlyOne, also }: Shape): Rule {
  return (value, at, check) => {
    if (!isDict(value)) {
      note(check, 'must be an object', at);
      return;
    }
    for (const field of Object.keys(required)) {
      if (value[field] === undefined) note(check, `missing required field: ${field}`, at);
    }
    if (anyOf !== undefined && !anyOf.some((field) => value[field] !== undefined)) {
      note(check, `must define at least one of: ${anyOf.join(', ')}`, at);
    }
    if (exactlyOne !== undefined && exactlyOne.filter((field) => value[field] !== undefined).length !== 1) {
      note(check, `must define exactly one of: ${exactlyOne.join(', ')}`, at);
    }
    for (const [field, member] of Object.entries(value)) {
      if (member === undefined || field === 'type') continue;
      const rule = required[field] ?? optional[field];
      if (rule === undefined) note(check, `invalid additional property: ${field}`, at);
      else rule(member, `${at}/${field}`, check);
    }
    also?.(value, at, check);
  };
}

/** Chooses the rule by the value's `type`. */
export function byType(table: Record<string, Rule>, allowed: readonly string[] = Object.keys(table)): Rule {
  return (value, at, check) => {
    if (!isDict(value)) {
      note(check, 'must be an object', at);
      return;
    }
    const type = value['type'];
    const rule = typeof type === 'string' && allowed.includes(type) ? table[type] : undefined;
    if (rule === undefined) note(check, `unsupported type: ${String(type)}`, `${at}/type`);
    else rule(value, at, check);
  };
}

/** A rule that is looked up when it is first used, for shapes that contain each other. */
export function later(rule: () => Rule): Rule {
  return (value, at, check) => rule()(value, at, check);
}

/** Notes values of `field` that occur twice among the objects of a list. */
export function noteRepeats(entries: unknown, field: string, at: string, check: Check): void {
  if (!Array.isArray(entries)) return;
  const seen = new Set<unknown>();
  entries.forEach((entry, index) => {
    const value = isDict(entry) ? entry[field] : undefined;
    if (value === undefined) return;
    if (seen.has(value)) note(check, `\`${field}\` already exists`, `${at}/${index}/${field}`);
    seen.add(value);
  });
}

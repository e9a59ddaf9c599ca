// The rules the real API has for declared tools; a product that breaks one is told so here already.

import { z } from 'zod';
import { compilesInPython } from './python-regex.ts';
import { RefusedRequest } from './transcript.ts';

const objectSchema = z.looseObject({
  type: z.literal('object'),
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
  additionalProperties: z.unknown().optional(),
});

export interface DeclaredTool {
  readonly name: string;
  readonly parameters: unknown;
  readonly strict: boolean;
}

const longestName = 64;
const mostTools = 128;

/** Throws a RefusedRequest for a tool list that the real API would refuse. */
export function checkTools(tools: readonly DeclaredTool[]): void {
  if (tools.length > mostTools) {
    throw new RefusedRequest(
      400,
      `At most ${mostTools} tools are allowed, ${tools.length} came.`,
      null,
      'tools',
    );
  }
  const names = new Set<string>();
  for (const tool of tools) {
    if (!/^[a-zA-Z0-9_-]+$/.test(tool.name) || tool.name.length > longestName) {
      throw new RefusedRequest(
        400,
        `Tool name '${tool.name}' does not match ^[a-zA-Z0-9_-]+$.`,
        null,
        'tools',
      );
    }
    if (names.has(tool.name)) {
      throw new RefusedRequest(400, `Tool name '${tool.name}' is not unique.`, null, 'tools');
    }
    names.add(tool.name);
    if (tool.parameters !== undefined && tool.parameters !== null) {
      checkRoot(tool.name, tool.parameters);
      checkKeywords(tool.name, tool.parameters, '()');
      checkParameters(tool.name, tool.parameters, tool.strict, '()');
    }
  }
}

/**
 * The whole request is refused for one tool's pattern that Python's `re` cannot compile (langfuse/langfuse#14770,
 * lidge-jun/opencodex#4072, both with the vendor's words), and for an array without `items`.
 */
function checkKeywords(tool: string, schema: unknown, place: string): void {
  if (Array.isArray(schema)) {
    schema.forEach((part, index) => checkKeywords(tool, part, `${place}, '${index}'`));
    return;
  }
  const found = z.record(z.string(), z.unknown()).safeParse(schema);
  if (!found.success) return;
  const { pattern, patternProperties, type, items, prefixItems } = found.data;
  const named = z.record(z.string(), z.unknown()).safeParse(patternProperties);
  for (const expression of [pattern, ...Object.keys(named.data ?? {})]) {
    if (typeof expression === 'string' && !compilesInPython(expression)) {
      throw invalidSchema(tool, `'${expression.replaceAll('\\', '\\\\')}' is not a 'regex'.`);
    }
  }
  if (type === 'array' && items === undefined && prefixItems === undefined) {
    throw invalidSchema(tool, `In context=${place}, array schema missing items.`);
  }
  for (const [key, part] of Object.entries(found.data)) {
    if (key === 'properties' || key === '$defs' || key === 'definitions') {
      for (const [name, property] of Object.entries(
        z.record(z.string(), z.unknown()).safeParse(part).data ?? {},
      ))
        checkKeywords(tool, property, `('${key}', '${name}')`);
    } else if (typeof part === 'object' && !LITERALS.has(key)) checkKeywords(tool, part, `('${key}')`);
  }
}

/** What these keywords hold is data, not a schema. */
const LITERALS: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required']);

/** https://platform.openai.com/docs/guides/function-calling: a tool takes one object, and its root is no choice. */
function checkRoot(tool: string, schema: unknown): void {
  const choices = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];
  const root = z.record(z.string(), z.unknown()).safeParse(schema);
  if (!root.success || !choices.some((key) => key in root.data)) return;
  const keys = choices.map((key) => `'${key}'`).join('/');
  throw invalidSchema(tool, `schema must have type 'object' and not have ${keys} at the top level.`);
}

function invalidSchema(tool: string, problem: string): RefusedRequest {
  return new RefusedRequest(
    400,
    `Invalid schema for function '${tool}': ${problem}`,
    'invalid_function_parameters',
    'tools',
  );
}

function checkParameters(tool: string, schema: unknown, strict: boolean, place: string): void {
  const refuse = (problem: string): never => {
    throw invalidSchema(tool, `In context=${place}, ${problem}`);
  };
  const parsed = objectSchema.safeParse(schema);
  if (!parsed.success) {
    return place === '()' ? refuse('schema must be an object with type "object".') : undefined;
  }
  if (!strict) {
    return;
  }
  const { properties, required, additionalProperties } = parsed.data;
  if (additionalProperties !== false) {
    refuse("'additionalProperties' must be false in strict mode.");
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!required.includes(name)) {
      refuse(`'required' must list every key in properties in strict mode; '${name}' is missing.`);
    }
    checkParameters(tool, property, true, `('properties', '${name}')`);
  }
}

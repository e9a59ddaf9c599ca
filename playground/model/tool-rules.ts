// The rules the real API has for declared tools; a product that breaks one is told so here already.

import { z } from 'zod';
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
      checkParameters(tool.name, tool.parameters, tool.strict, '()');
    }
  }
}

function checkParameters(tool: string, schema: unknown, strict: boolean, place: string): void {
  const refuse = (problem: string): never => {
    const message = `Invalid schema for function '${tool}': In context=${place}, ${problem}`;
    throw new RefusedRequest(400, message, 'invalid_function_parameters', 'tools');
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

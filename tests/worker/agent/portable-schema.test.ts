// One keyword of one tool must not cost the whole request.
import { describe, expect, test } from 'vitest';
import { portableSchema } from '../../../worker/agent/tools/portable-schema.ts';
import { agentTools, specsOf } from '../../../worker/agent/tools/registry.ts';

const object = (it: unknown, more: Record<string, unknown> = {}) => ({
  type: 'object',
  properties: { it },
  ...more,
});

describe('the schema that a model server gets', () => {
  test.each([
    ['a pattern', { type: 'string', pattern: '^\\P{Cc}+$', format: 'uri' }, { type: 'string' }],
    [
      'zod’s integer',
      { type: 'integer', minimum: 1, maximum: 9007199254740991 },
      { type: 'integer', minimum: 1 },
    ],
    ['a constant', { const: 'merge' }, { enum: ['merge'] }],
    ['a value or null', { type: ['string', 'null'] }, { type: 'string' }],
    [
      'an optional value of pydantic',
      { anyOf: [{ type: 'number' }, { type: 'null' }], default: null },
      { type: 'number' },
    ],
    ['several types', { type: ['string', 'integer'] }, { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    [
      'oneOf',
      { oneOf: [{ type: 'string' }, { type: 'boolean' }] },
      { anyOf: [{ type: 'string' }, { type: 'boolean' }] },
    ],
    ['an array of anything', { type: 'array' }, { type: 'array', items: {} }],
    ['a tuple', { type: 'array', items: [{ type: 'string' }] }, { type: 'array', items: {} }],
    [
      'names by pattern',
      { type: 'object', patternProperties: { '^\\p{L}': {} }, propertyNames: { pattern: '\\p{L}' } },
      { type: 'object' },
    ],
    [
      'a remote reference',
      { $ref: 'https://example.com/schema.json', description: 'It.' },
      { description: 'It.' },
    ],
  ])('has no trace of %s that a server refuses', (_name, property, expected) => {
    expect(portableSchema(object(property))).toEqual(object(expected));
  });

  test('has what a reference names in its place, and ends where a schema names itself', () => {
    const schema = object(
      { $ref: '#/$defs/Node', description: 'The first.' },
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: {
          Node: {
            type: 'object',
            properties: { name: { type: 'string' }, next: { $ref: '#/$defs/Node' } },
            required: ['name'],
          },
        },
        required: ['it'],
      },
    );
    const portable = portableSchema(schema);
    expect(portable).toMatchObject({
      required: ['it'],
      properties: {
        it: {
          type: 'object',
          description: 'The first.',
          required: ['name'],
          properties: { name: { type: 'string' }, next: { properties: { name: { type: 'string' } } } },
        },
      },
    });
    expect(JSON.stringify(portable)).not.toContain('$');
  });

  test('is one object where its root is a choice or a sum of objects', () => {
    const choice = {
      type: 'object',
      oneOf: [object({ type: 'string' }), { properties: { other: { type: 'boolean' } } }],
    };
    expect(portableSchema(choice)).toEqual({
      type: 'object',
      properties: { it: { type: 'string' }, other: { type: 'boolean' } },
    });
    const sum = {
      allOf: [{ $ref: '#/$defs/Base' }, { properties: { b: { type: 'string' } }, required: ['b'] }],
      $defs: { Base: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
    };
    expect(portableSchema(sum)).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
    });
  });

  test('of our own tools loses nothing but what vendors refuse', () => {
    const kept = JSON.stringify(specsOf(agentTools));
    expect(kept).not.toMatch(/"(?:pattern|format|propertyNames|\$ref|\$defs|const|oneOf|allOf)":(?!\{)/);
    expect(kept).not.toContain('9007199254740991');
    expect(kept).toContain('"minItems":1');
    expect(kept).toContain('Default 120.');
  });
});

// docs/configuration.md against the schemas: every key is there with its default, and nothing else is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../core/config/config.ts';
import { repoFileSchema } from '../../worker/workspace/repo-file.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
const [, ofInstallation = '', ofRepo = ''] = page.split(/^## /m);

interface Node {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
  readonly items?: Node | undefined;
  readonly anyOf?: readonly Node[] | undefined;
}
const node: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    default: z.unknown().optional(),
    properties: z.record(z.string(), node).optional(),
    additionalProperties: z.union([z.boolean(), node]).optional(),
    items: node.optional(),
    anyOf: z.array(node).optional(),
  }),
);

/** Each key with its path and default; a key that only groups others is left out. */
function keysOf(schema: Node, path = ''): ReadonlyMap<string, unknown> {
  const { properties = {}, additionalProperties: any, items, anyOf = [] } = schema;
  const below = [...anyOf, ...(items === undefined ? [] : [items])].flatMap((each) => [
    ...keysOf(each, path),
  ]);
  const named = Object.entries(properties).flatMap(([name, value]): [string, unknown][] => {
    const key = path === '' ? name : `${path}.${name}`;
    return [[key, value.default], ...keysOf(value, key)];
  });
  const free = typeof any === 'object' ? [...keysOf(any, `${path}.*`)] : [];
  return new Map([...below, ...named, ...free]);
}

function rowsOf(part: string): ReadonlyMap<string, string> {
  return new Map(
    [...part.matchAll(/^\| `([\w.*]+)` \|.*\| (.+) \|$/gm)].map(([, key = '', byDefault = '']) => [
      key,
      byDefault,
    ]),
  );
}

describe.each([
  ['threadsmith.yaml', configSchema, ofInstallation],
  ['.threadsmith.yaml', repoFileSchema, ofRepo],
])('the page on %s', (file, schema, part) => {
  const keys = keysOf(node.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })));
  const rows = rowsOf(part);

  test('is the page on this file', () => expect(part.split('\n')[0]).toBe(file));

  test('has every key, and no other', () => {
    const isGroup = (key: string) => [...keys.keys()].some((other) => other.startsWith(`${key}.`));
    const wanted = [...keys.keys()].filter((key) => !isGroup(key) || rows.has(key));
    expect([...rows.keys()].toSorted()).toEqual(wanted.toSorted());
  });

  test('has the defaults', () => {
    const plain = [...keys].filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
    expect(plain.length).toBeGreaterThan(1);
    for (const [key, value] of plain)
      expect.soft(`${key}: ${rows.get(key)}`).toBe(`${key}: \`${String(value)}\``);
  });
});

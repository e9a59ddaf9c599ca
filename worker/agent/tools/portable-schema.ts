// A tool's JSON schema reduced to what every model server takes. Some vendors refuse the whole request for one
// keyword of one tool: OpenAI compiles `pattern` with Python's `re`, others know neither `$ref` nor `format`.
// What is taken out here is still checked where the call is read.
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

const schemaShape = z.record(z.string(), z.unknown());
/** Keywords whose values go out as they are. */
const PLAIN = [
  'title',
  'description',
  'enum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
];
/** A schema that names itself is cut at this depth: below it any value is taken. */
const MAX_DEPTH = 12;
/** Grammars count up to a bound: zod writes `Number.MAX_SAFE_INTEGER` for an integer without one. */
const MAX_BOUND = 2 ** 31;

/**
 * The schema of an object with only the keywords that every server takes. References within the schema are
 * replaced by what they name, `const` becomes `enum`, `oneOf` becomes `anyOf`, the parts of `allOf` and the
 * choices at the root become one object. The same schema always gives the same result.
 */
export function portableSchema(schema: Schema): Schema {
  const { anyOf, ...root } = portable(schema, schema, 0);
  const choices = Array.isArray(anyOf) ? anyOf.map(schemaOf) : [];
  const properties = Object.assign({}, ...choices.map(propertiesOf).reverse(), propertiesOf(root));
  return { ...root, type: 'object', properties };
}

function portable(schema: Schema, root: Schema, depth: number): Schema {
  if (depth > MAX_DEPTH) return {};
  const inner = (part: unknown): Schema => portable(schemaOf(part), root, depth + 1);
  const { $ref, allOf, oneOf, anyOf, ...own } = schema;
  if (typeof $ref === 'string') return inner({ ...named($ref, root), ...own });
  if (Array.isArray(allOf)) return inner(merged([own, ...allOf.map((part) => resolved(part, root))]));
  const found: Record<string, unknown> = {};
  for (const key of PLAIN) if (key in own && !isUnbounded(own[key])) found[key] = own[key];
  if ('const' in own) found['enum'] = [own['const']];
  const types = [own['type']].flat().filter((type) => typeof type === 'string' && type !== 'null');
  if (types.length === 1) found['type'] = types[0];
  const choices =
    [oneOf, anyOf].find(Array.isArray) ?? (types.length > 1 ? types.map((type) => ({ type })) : []);
  const kept = choices.filter((choice) => schemaOf(choice)['type'] !== 'null').map(inner);
  if (kept.length === 1) return { ...kept[0], ...found };
  if (kept.length > 1) found['anyOf'] = kept;
  if ('properties' in own) {
    const properties = Object.entries(propertiesOf(own)).map(([name, part]) => [name, inner(part)]);
    found['properties'] = Object.fromEntries(properties);
    found['type'] ??= 'object';
  }
  if (Array.isArray(own['required']) && own['required'].length > 0) found['required'] = own['required'];
  if (own['additionalProperties'] === false) found['additionalProperties'] = false;
  if (found['type'] === 'array') found['items'] = Array.isArray(own['items']) ? {} : inner(own['items']);
  return found;
}

function schemaOf(part: unknown): Schema {
  return schemaShape.safeParse(part).data ?? {};
}

function propertiesOf(schema: Schema): Schema {
  return schemaOf(schema['properties']);
}

function isUnbounded(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) > MAX_BOUND;
}

/** What `#/$defs/Name` leads to; nothing for an address outside of the schema. */
function named(reference: string, root: Schema): Schema {
  if (!reference.startsWith('#')) return {};
  const steps = reference
    .slice(1)
    .split('/')
    .filter((step) => step !== '');
  const names = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce((schema, name) => schemaOf(schema[name]), root);
}

function resolved(part: unknown, root: Schema): Schema {
  const { $ref, ...own } = schemaOf(part);
  return typeof $ref === 'string' ? { ...named($ref, root), ...own } : own;
}

function merged(parts: readonly Schema[]): Schema {
  const required = parts.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : []));
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(propertiesOf)),
    required: [...new Set(required)],
  };
}

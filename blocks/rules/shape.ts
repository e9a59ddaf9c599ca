// Kinds of values that the tables of Slack's blocks are put together from, each a zod schema.
import { z } from 'zod';

/** Text inside rich text: 1 to `max` characters, also white space alone. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

/** A label or a paragraph: 1 to `max` characters, with something to see among them. */
export const string = (max: number) => text(max).refine((value) => value.trim() !== '', 'must not be blank');

/** An absolute web address. */
export const url = (max: number) =>
  string(max).refine(
    (value) => /^https?:\/\/\S+$/i.test(value) && URL.canParse(value),
    'must be an http or https address',
  );

/** A list of 1 to `max` items. */
export const list = <Item extends z.ZodType>(item: Item, max: number) => z.array(item).min(1).max(max);

/** Exactly one of these fields is there. */
export const exactlyOneOf = (...names: readonly string[]) => having(names, (count) => count === 1, 'exactly');

/** At least one of these fields is there. */
export const someOf = (...names: readonly string[]) => having(names, (count) => count > 0, 'at least');

function having(names: readonly string[], isRight: (count: number) => boolean, which: string) {
  return z.refine<object>(
    (value) => isRight(names.filter((name) => Reflect.get(value, name) !== undefined).length),
    `must have ${which} one of ${names.join(', ')}`,
  );
}

/** No two items have the same value in this field; several may have none. */
export function different<Field extends string>(field: Field) {
  return z.refine<readonly { readonly [Name in Field]?: unknown }[]>((items) => {
    const values = items.map((item) => item[field]).filter((value) => value !== undefined);
    return new Set(values).size === values.length;
  }, `must have a different ${field} each`);
}

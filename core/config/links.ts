// Link rules of the configuration: which addresses in a request the bot reads before the work begins, and how.
import { z } from 'zod';
import { names } from './names.ts';

/** An address such as `https://tracker.example/issues/{id}`; each `{name}` is one part of the path. */
const template = z
  .string()
  .regex(/^https?:\/\/[^\s/{}]+\/\S*$/, 'an address, with {names} for the parts of its path that differ');

export const linkSchema = z.strictObject({
  /** The addresses that people write; a query or fragment is ignored. */
  match: template,
  /** The addresses that are fetched in its place, with the same names filled in. */
  fetch: z.union([template.transform((one) => [one]), z.array(template).min(1).max(4)]),
  /** Names of headers with the environment variables of the bot that hold their values. */
  headers_from: z.record(z.string(), z.string().min(1)).default({}),
  /** The fields of a JSON answer to keep, such as `title` or `user.login`; all of it where none is named. */
  fields: names.default([]),
});

export type LinkRule = z.infer<typeof linkSchema>;

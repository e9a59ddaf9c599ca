// Links of the configuration: which addresses in a request are read before the work begins, and how.
import { z } from 'zod';
import { names } from './names.ts';

/** Such as `https://tracker.example/issues/{id}`: each `{name}` is one part of the path. */
const template = z
  .string()
  .regex(/^https?:\/\/[^\s/{}]+\/\S*$/, 'an address, with {names} for the parts of its path that differ');

export const linkSchema = z.strictObject({
  /** Addresses that people write; what comes after a `?` or `#` does not count. */
  match: template,
  /** What is asked instead, with the same names filled in. */
  fetch: z.union([template.transform((one) => [one]), z.array(template).min(1).max(4)]),
  /** Names of headers, and the environment variables of the bot that hold them. */
  headers_from: z.record(z.string(), z.string().min(1)).default({}),
  /** Of an answer in JSON, such as `title` or `user.login`; without them all of it. */
  fields: names.default([]),
});

export type LinkRule = z.infer<typeof linkSchema>;

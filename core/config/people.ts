// The people of the configuration: who may start, approve and merge.
import { z } from 'zod';
import { names } from './names.ts';

export const peopleSchema = z.strictObject({
  start: names.default([]),
  approve: names.default([]),
  merge: names.default([]),
});

export type People = z.infer<typeof peopleSchema>;

// The people of the configuration: who may start, approve and merge.
import { z } from 'zod';
import { names } from './names.ts';

export const peopleSchema = z.strictObject({
  start: names.default([]),
  approve: names.default([]),
  merge: names.default([]),
});

export type People = z.infer<typeof peopleSchema>;

/** The approvals that a merge needs. */
export const approvalsSchema = z.strictObject({
  /** The number of people who have to approve a commit before it is merged. */
  needed: z.int().min(1).max(5).default(1),
  /** Whether the only person who asked for a change may approve it. */
  own: z.boolean().default(false),
});

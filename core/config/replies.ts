// Reply rules of the configuration: which replies are requests without a mention.
import { z } from 'zod';

const counts = z.enum(['all', 'mentions']);

export const repliesSchema = z.strictObject({
  /** Replies in a thread that began with a request to Threadsmith. */
  own_threads: counts.default('all'),
  /** Replies in a thread that people began. */
  peoples_threads: counts.default('mentions'),
});

export type Replies = z.infer<typeof repliesSchema>;

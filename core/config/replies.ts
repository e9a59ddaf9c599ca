// Which replies of the configuration count as requests without a mention.
import { z } from 'zod';

const counts = z.enum(['all', 'mentions']);

export const repliesSchema = z.strictObject({
  /** In a thread that began with a request to Threadsmith. */
  own_threads: counts.default('all'),
  /** In a thread that people began. */
  peoples_threads: counts.default('mentions'),
});

export type Replies = z.infer<typeof repliesSchema>;

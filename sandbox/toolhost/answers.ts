// Checks the answers of a toolhost: any program in a sandbox can pretend to be its toolhost.
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';

const failure = z.object({
  ok: z.literal(false),
  code: z.enum(['fenced', 'no_such_file', 'too_large', 'disk_full', 'no_listener', 'bad_request', 'failed']),
  reason: z.string().max(2000),
});

export const helloFields = z.object({
  version: z.number(),
  uid: z.number(),
  seccomp: z.number(),
  noNewPrivileges: z.number(),
  effective: z.string().max(64),
  bounding: z.string().max(64),
  interfaces: z.array(z.string().max(64)).max(64),
});

export const resultFields = z.object({
  exitCode: z.int().min(-1).max(255).nullable(),
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9+]{1,12}$/)
    .nullable(),
  timedOut: z.boolean(),
  durationMs: z.number().nonnegative().max(1e9),
  totalBytes: z.int().nonnegative(),
  truncated: z.boolean(),
});

export const sizeFields = z.object({ size: z.int().nonnegative() });
export const acceptedFields = z.strictObject({ accepted: z.int().min(1).max(65_535) });
export const noFields = z.object({});

export type Failure = z.infer<typeof failure>;

/** Returns an answer's fields or the failure that it reports. Throws `sandbox_lost` where it is neither. */
export function parseAnswer<Fields>(
  value: unknown,
  fields: z.ZodType<Fields>,
): { ok: true; fields: Fields } | Failure {
  const failed = failure.safeParse(value);
  if (failed.success) return failed.data;
  const parsed = z
    .object({ ok: z.literal(true) })
    .and(fields)
    .safeParse(value);
  if (parsed.success) return { ok: true, fields: parsed.data };
  throw new ThreadsmithError(
    'sandbox_lost',
    'The sandbox answered something that its toolhost would never say.',
    'Reply in the thread to go on in a fresh sandbox.',
    { retry: 'now', cause: parsed.error },
  );
}

// Limits of the configuration: the turns of a worker at the same time, and the resources of a sandbox.
import { z } from 'zod';

export const workerSchema = z.strictObject({
  turns: z.int().min(1).max(64).default(2),
});

export const sandboxSchema = z.strictObject({
  memory_mb: z.int().min(256).default(2048),
  cpus: z.number().min(0.1).default(2),
  pids: z.int().min(64).default(512),
  disk_mb: z.int().min(256).default(4096),
  /** The megabytes that a turn may send and receive, where the repo has a `network`. */
  network_mb: z.int().min(1).default(4096),
  /** An OCI runtime of the engine, such as `runsc` for gVisor; the engine's own default without it. */
  runtime: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/, 'the name of a runtime, such as runsc')
    .optional(),
  /** The longest wait of a turn for a Docker Engine that does not answer; an engine restarts within seconds. */
  engine_wait_seconds: z.number().min(0).max(3600).default(60),
  setup_minutes: z.int().min(1).default(15),
  /** The time limit of each check, in minutes with fractions. */
  check_minutes: z.number().min(0.01).default(10),
});

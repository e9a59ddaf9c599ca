// The queue that carries turns to workers: BullMQ, on PostgreSQL by default and on Redis where there is one.
// It is transport only: a lost job costs time, never a turn, and a doubled one finds the turn claimed.
import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';

const jobSchema = z.object({ turnId: z.string().min(1) });

export interface TurnQueue {
  /** Adds a turn. The same `id` is added once. Throws `queue_unreachable` after `timeoutMs`. */
  add(id: string, turnId: string, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface TurnConsumer {
  /** Takes no more jobs and waits for those under way. */
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly databaseUrl: string;
  /** Queue on Redis instead of PostgreSQL. */
  readonly redisUrl?: string | undefined;
  /** Keeps installations on one Redis or database apart. */
  readonly name?: string;
  readonly log: Log;
}

const NAME = 'turns';
// The turn's own lease decides who works on it, so a job that seems stalled is simply given out again.
const STALLED = { maxStalledCount: 1000, stalledInterval: 5_000, lockDuration: 10_000 };
const KEEP = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 24 * 3600, count: 1000 } };

/** Makes or updates the queue's own tables, in a schema that belongs to BullMQ. */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  // One connection, not a pool: the migrations hold a lock that belongs to the connection.
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}

/** The side that adds turns. */
export function openQueue(options: QueueOptions): TurnQueue {
  const { queue, disconnect } = makeQueue(options);
  queue.on('error', (error) => options.log.warn('the queue is not reachable', { error }));
  return {
    add: async (id, turnId, timeoutMs) => {
      await within(timeoutMs, queue.add('turn', { turnId }, { jobId: id, ...KEEP }));
    },
    close: async () => {
      await queue.close();
      disconnect();
    },
  };
}

/** The side that works on turns, `concurrency` at once. `work` is given a turn id and may be given it twice. */
export function consumeQueue(
  options: QueueOptions,
  concurrency: number,
  work: (turnId: string) => Promise<void>,
): TurnConsumer {
  const run = async (job: { readonly data: unknown }) => work(jobSchema.parse(job.data).turnId);
  return consumer(options, run, concurrency);
}

function consumer(
  options: QueueOptions,
  run: (job: { readonly data: unknown }) => Promise<void>,
  concurrency: number,
): TurnConsumer {
  const { worker, disconnect } = makeWorker(options, run, concurrency);
  worker.on('error', (error: Error) => options.log.warn('the queue is not reachable', { error }));
  return {
    close: async () => {
      await worker.close();
      disconnect();
    },
  };
}

const refreshSchema = z.object({ repo: z.string().min(1) });

/** Has repos looked at again and again, by whichever consumer of this queue is free. */
export interface RefreshQueue {
  /** From now on, every `everyMs`. The same again changes nothing. */
  every(repo: string, everyMs: number): Promise<void>;
  /** As soon as possible, once for each `reason`. */
  soon(repo: string, reason: string): Promise<void>;
  /** Ends the schedule of every repo that is not among these. */
  only(repos: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The side that asks for refreshes. What is asked while the queue is away is asked again by the schedule. */
export function openRefreshQueue(options: QueueOptions): RefreshQueue {
  const { queue, disconnect } = makeQueue(options);
  queue.on('error', (error) => options.log.warn('the queue is not reachable', { error }));
  return {
    every: async (repo, everyMs) => {
      await queue.upsertJobScheduler(
        repo,
        { every: everyMs },
        { name: 'refresh', data: { repo }, opts: KEEP },
      );
    },
    soon: async (repo, reason) => {
      await queue.add('refresh', { repo }, { jobId: `${repo}-${reason}`, ...KEEP });
    },
    only: async (repos) => {
      for (const { key } of await queue.getJobSchedulers())
        if (!repos.includes(key)) await queue.removeJobScheduler(key);
    },
    close: async () => {
      await queue.close();
      disconnect();
    },
  };
}

/** The side that refreshes, one repo after the other. */
export function consumeRefreshes(
  options: QueueOptions,
  refresh: (repo: string) => Promise<void>,
): TurnConsumer {
  const run = async (job: { readonly data: unknown }) => refresh(refreshSchema.parse(job.data).repo);
  return consumer(options, run, 1);
}

function makeQueue(options: QueueOptions) {
  const name = options.name ?? NAME;
  if (options.redisUrl === undefined) {
    const OnPostgres = withBackend(createPostgresBackend);
    return { queue: new OnPostgres.Queue(name, { connection: options.databaseUrl }), disconnect: () => {} };
  }
  // Without the offline queue an add fails at once while Redis is down, instead of waiting for ever.
  const redis = new Redis(options.redisUrl, { enableOfflineQueue: true, maxRetriesPerRequest: 1 });
  redis.on('error', (error) => options.log.debug('Redis', { error }));
  return { queue: new Queue(name, { connection: redis }), disconnect: () => redis.disconnect() };
}

function makeWorker(
  options: QueueOptions,
  run: (job: { readonly data: unknown }) => Promise<void>,
  concurrency: number,
) {
  const name = options.name ?? NAME;
  if (options.redisUrl === undefined) {
    const OnPostgres = withBackend(createPostgresBackend);
    const worker = new OnPostgres.Worker(name, run, {
      connection: options.databaseUrl,
      concurrency,
      ...STALLED,
    });
    return { worker, disconnect: () => {} };
  }
  const redis = new Redis(options.redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', (error) => options.log.debug('Redis', { error }));
  return {
    worker: new Worker(name, run, { connection: redis, concurrency, ...STALLED }),
    disconnect: () => redis.disconnect(),
  };
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ThreadsmithError(
            'queue_unreachable',
            'The queue did not take a turn in time.',
            'Nothing to do: it is tried again.',
            { retry: 'later' },
          ),
        ),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    if (cause instanceof ThreadsmithError) throw cause;
    throw new ThreadsmithError(
      'queue_unreachable',
      'The queue is not reachable.',
      'Start Redis or PostgreSQL; the turn is kept and tried again.',
      { retry: 'later', cause },
    );
  } finally {
    clearTimeout(timer);
  }
}

// Claims turns from the queue, renews their leases, and writes how they end.
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, ThreadsmithError, toFailure } from '../core/errors.ts';
import { HEARTBEAT_MS, LEASE_MS } from '../core/limits.ts';
import { claimTurn, type Lease, renewLease } from '../db/schema/lease.ts';
import { finishTurn } from '../db/turns/turns.ts';
import { hasLeft, leaveToOthers, offerAgain } from '../db/turns/workers.ts';
import type { WorkerServices } from './turn/context.ts';
import { runTurn } from './turn/run-turn.ts';

/** A turn whose workers died this often is given up: the turn itself may be what kills them. */
const MAX_CLAIMS = 30;
const OFFER_AGAIN_MS = 1_000;

export interface Worker {
  /** Claims a turn and works on it. Resolves once the turn is over, waits, or belongs to another worker. */
  work(turnId: string): Promise<void>;
  /** Looks at once whether a running turn is to stop. */
  checkStops(): void;
  /** Aborts all turns and waits for them. Other workers take them up from their last steps. */
  close(): Promise<void>;
}

interface Job {
  readonly lease: Lease;
  readonly abort: AbortController;
  beat(): Promise<void>;
}

/** A worker named `owner` in leases and logs. */
export function createWorker(tools: WorkerServices, owner: string): Worker {
  const jobs = new Map<Job, Promise<void>>();
  return {
    work: async (turnId) => {
      const lease = await claimTurn(tools.database, turnId, owner);
      if (lease === null) {
        // The queue offered a turn that this worker has left to the others, because it is the idle one.
        if (!(await hasLeft(tools.database, turnId, owner))) return;
        await sleep(OFFER_AGAIN_MS);
        return offerAgain(tools.database, turnId, owner);
      }
      const job = startJob(tools, lease);
      const done = runJob(tools, job);
      jobs.set(job, done);
      try {
        await done;
      } finally {
        jobs.delete(job);
      }
    },
    checkStops: () => {
      for (const job of jobs.keys()) void job.beat();
    },
    close: async () => {
      for (const job of jobs.keys()) job.abort.abort(letGo(job.lease));
      await Promise.allSettled(jobs.values());
    },
  };
}

function startJob(tools: WorkerServices, lease: Lease): Job {
  const abort = new AbortController();
  let lastBeat = Date.now();
  const beat = async (): Promise<void> => {
    try {
      const { stopRequestedBy } = await renewLease(tools.database, lease);
      lastBeat = Date.now();
      if (stopRequestedBy !== null) abort.abort(new StoppedBy(stopRequestedBy));
    } catch (error) {
      // While the database is away the lease runs out on its clock; stop before it does.
      if (hasCode(error, 'lease_lost') || Date.now() - lastBeat > LEASE_MS - HEARTBEAT_MS) abort.abort(error);
      else tools.log.warn('the lease could not be renewed', { turn: lease.turnId, error });
    }
  };
  return { lease, abort, beat };
}

async function runJob(tools: WorkerServices, job: Job): Promise<void> {
  const { lease, abort } = job;
  const log = tools.log.with({ turn: lease.turnId, session: lease.sessionId, epoch: lease.epoch });
  const timer = setInterval(() => void job.beat(), HEARTBEAT_MS);
  log.info('turn claimed', { owner: lease.owner });
  try {
    if (lease.epoch > MAX_CLAIMS) throw givenUp();
    await job.beat();
    abort.signal.throwIfAborted();
    await runTurn(tools, lease, abort.signal);
    log.info('turn put down');
  } catch (thrown) {
    const error: unknown = abort.signal.aborted ? abort.signal.reason : thrown;
    if (hasCode(error, 'lease_lost')) log.warn('turn left to another worker', { error });
    else await end(tools, lease, error, log);
  } finally {
    clearInterval(timer);
  }
}

async function end(
  tools: WorkerServices,
  lease: Lease,
  error: unknown,
  log: WorkerServices['log'],
): Promise<void> {
  try {
    if (error instanceof StoppedBy) {
      const leaves = 'Nothing was pushed; the changes so far are kept in the sandbox.';
      await finishTurn(tools.database, lease, { state: 'stopped', by: error.by, leaves });
      return;
    }
    if (error instanceof ThreadsmithError && error.code === 'engine_unreachable') {
      if (await leaveToOthers(tools.database, lease, error.message)) {
        log.warn('the engine stays away; the turn is left to another worker', { error });
        return;
      }
    }
    log.error('turn failed', { error });
    await finishTurn(tools.database, lease, { state: 'failed', failure: toFailure(error) });
  } catch (cause) {
    // The reconciler takes the turn up again once the lease has run out.
    log.error('the end of the turn could not be written', { error: cause });
  }
}

/** The reason of an abort that a person asked for. */
class StoppedBy extends ThreadsmithError {
  /** Their Slack id. */
  readonly by: string;

  constructor(by: string) {
    super('stopped', 'The turn was stopped.', 'Reply in the thread to go on.');
    this.by = by;
  }
}

function letGo(lease: Lease): ThreadsmithError {
  return new ThreadsmithError(
    'lease_lost',
    `Worker ${lease.owner} is ending.`,
    'Nothing to do: another worker takes the turn up.',
  );
}

function givenUp(): ThreadsmithError {
  return new ThreadsmithError(
    'internal',
    `Workers died ${MAX_CLAIMS} times while working on this request, so it was given up.`,
    'Look into the log of the worker; reply in the thread to try again.',
  );
}

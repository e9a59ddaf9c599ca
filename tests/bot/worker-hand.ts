// The worker's part of a turn, played by the test with the functions that the worker itself uses.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EventBody } from '../../core/event.ts';
import type { ChangeResult, TurnResult } from '../../core/result.ts';
import type { Verification } from '../../core/verification.ts';
import { VerificationRow } from '../../db/entities/log.ts';
import { MergeClaim, Session } from '../../db/entities/session.ts';
import { openArtifacts, openContentFolder } from '../../db/log/artifacts.ts';
import { appendEvents } from '../../db/log/events.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import { claimTurn, fenced, type Lease } from '../../db/schema/lease.ts';
import { keepAttemptHead } from '../../db/turns/attempts.ts';
import { finishTurn, waitForAnswer } from '../../db/turns/turns.ts';
import type { Stage } from './stage.ts';

/** As much of a stage as the worker needs. */
type Ground = Pick<Stage, 'database' | 'dir'>;

/** One white pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

const DIFF = `diff --git a/cart.js b/cart.js
index 1111111..2222222 100644
--- a/cart.js
+++ b/cart.js
@@ -1,3 +1,3 @@
 export function total(items) {
-  return items.length;
+  return items.reduce((sum, item) => sum + item.price, 0);
 }
`;

const usage = {
  model: 'scripted',
  steps: 3,
  inputTokens: 1200,
  cachedTokens: 0,
  outputTokens: 300,
  durationMs: 42_000,
};

export interface ChangeOptions {
  readonly commit: string;
  readonly verified?: boolean;
  readonly screenshots?: boolean;
  readonly diff?: string;
}

export class WorkerHand {
  readonly #stage: Ground;

  constructor(stage: Ground) {
    this.#stage = stage;
  }

  async claim(turnId: string): Promise<Lease> {
    const lease = await claimTurn(this.#stage.database, turnId, 'test-worker');
    if (lease === null) throw new Error(`turn ${turnId} is not to be had`);
    await this.report(lease, { type: 'turn.claimed', worker: 'test-worker', epoch: lease.epoch });
    return lease;
  }

  async report(lease: Lease, ...events: EventBody[]): Promise<void> {
    await fenced(this.#stage.database, lease, (em) =>
      appendEvents(em, lease.sessionId, lease.turnId, events),
    );
  }

  /** Brings a claimed turn to its end as a change. */
  async finishChange(lease: Lease, options: ChangeOptions): Promise<ChangeResult> {
    return this.#finish(lease, options, async (em) => {
      await em.nativeUpdate(Session, { id: lease.sessionId }, { headCommit: options.commit });
    });
  }

  /** The same for one of several attempts: what is published is kept with the attempt. */
  async finishAttempt(lease: Lease, options: ChangeOptions): Promise<ChangeResult> {
    return this.#finish(lease, options, (em) => keepAttemptHead(em, lease.turnId, options.commit));
  }

  async #finish(
    lease: Lease,
    options: ChangeOptions,
    keepHead: (em: EntityManager) => Promise<void>,
  ): Promise<ChangeResult> {
    const { database } = this.#stage;
    const artifacts = openArtifacts(database, this.#content(), lease);
    const diff = await artifacts.save({
      kind: 'diff',
      name: 'change.diff',
      mimeType: 'text/x-diff',
      altText: '',
      content: Buffer.from(options.diff ?? DIFF),
    });
    const shot = async (name: string) => {
      const saved = await artifacts.save({
        kind: 'screenshot',
        name,
        mimeType: 'image/png',
        altText: name,
        content: PNG,
      });
      return { artifactId: saved.id, consoleErrors: [], failedRequests: [], status: 200 };
    };
    const pages = options.screenshots
      ? [{ name: 'Cart', path: '/cart', before: await shot('before.png'), after: await shot('after.png') }]
      : [];
    const passed = options.verified ?? true;
    const verification: Verification = {
      commit: options.commit,
      passed,
      checks: [
        {
          name: 'test',
          run: 'npm test',
          status: passed ? 'passed' : 'failed',
          durationMs: 900,
          outputTail: '',
        },
      ],
      pages,
      problems: passed ? [] : ['The check test failed.'],
    };
    const session = await database.em().findOneOrFail(Session, { id: lease.sessionId });
    const result: ChangeResult = {
      kind: 'change',
      summary: 'The total now adds up the prices.',
      repo: 'bakery',
      branch: session.branch,
      defaultBranch: 'main',
      commit: options.commit,
      files: [{ path: 'cart.js', status: 'modified', additions: 1, deletions: 1 }],
      verification,
      diffArtifactId: diff.id,
      usage,
    };
    await finishTurn(database, lease, { state: 'done', result }, async (em) => {
      await keepHead(em);
      await em.insert(VerificationRow, {
        sessionId: lease.sessionId,
        commit: options.commit,
        passed,
        body: verification,
        createdAt: new Date(),
      });
    });
    return result;
  }

  async finish(lease: Lease, result: TurnResult): Promise<void> {
    await finishTurn(this.#stage.database, lease, { state: 'done', result });
  }

  async fail(lease: Lease, code: 'merge_conflict' | 'model_unreachable' | 'budget_spent'): Promise<void> {
    const failure = { code, message: `It failed: ${code}.`, advice: 'Reply in the thread to try again.' };
    await finishTurn(this.#stage.database, lease, { state: 'failed', failure }, async (em) => {
      await em.nativeDelete(MergeClaim, { turnId: lease.turnId });
    });
  }

  async ask(lease: Lease, question: string, options: readonly string[]): Promise<void> {
    await waitForAnswer(this.#stage.database, lease, { question, options, callId: randomUUID() });
  }

  #content() {
    return openContentFolder(join(this.#stage.dir, 'data', 'artifacts'));
  }
}

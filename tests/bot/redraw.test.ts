// What a message shows in the end, where rows change or the process dies while it is being drawn.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION } from '../../blocks/parts/actions.ts';
import type { ChangeResult, MergedResult } from '../../core/result.ts';
import { VerificationRow } from '../../db/entities/log.ts';
import { Session } from '../../db/entities/session.ts';
import type { EntityManager } from '../../db/schema/database.ts';
import type { Lease } from '../../db/schema/lease.ts';
import { endTurn } from '../../db/turns/turns.ts';
import type { BotProcess } from './bot-process.ts';
import { actionsOf, JONAS, Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

const COMMIT = 'a'.repeat(40);
const NEWER = 'b'.repeat(40);

describe('a message', () => {
  let stage: Stage;
  let worker: WorkerHand;
  let bot: BotProcess;

  beforeAll(async () => {
    stage = await Stage.set();
    bot = await stage.startBot();
    worker = new WorkerHand(stage);
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const queued = (root: string, position: number) =>
    until(async () => {
      const [turn] = await stage.rows<{ id: string; state: string }>(
        `select turn.id, turn.state from turn join session on session.id = session_id
         where thread_ts = ? and position = ?`,
        [root, position],
      );
      return turn?.state === 'queued' && turn.id;
    });
  const textShown = (root: string, words: string) =>
    until(async () => (await stage.replies(root)).find(({ text }) => String(text).includes(words)));
  const textWanted = (words: string) =>
    until(
      async () =>
        (await stage.rows(`select 1 from delivery where payload->>'text' like ?`, [`%${words}%`])).length > 0,
    );
  const approvable = (root: string, commit: string) =>
    until(async () =>
      (await stage.replies(root)).find(
        (message) =>
          actionsOf(message).includes(ACTION.approve) && JSON.stringify(message).includes(commit.slice(0, 7)),
      ),
    );
  /** A thread with a change that can be approved. */
  const played = async (): Promise<{ root: string; result: ChangeResult }> => {
    const root = await stage.slack.say('@threadsmith fix the total');
    const result = await worker.finishChange(await worker.claim(await queued(root, 0)), { commit: COMMIT });
    await approvable(root, COMMIT);
    return { root, result };
  };
  /** The merge of that change as a worker has it, with everything so far drawn. */
  const merging = async (root: string): Promise<Lease> => {
    await stage.click(JONAS, await approvable(root, COMMIT), ACTION.approve);
    const lease = await worker.claim(await queued(root, 1));
    await drawn();
    return lease;
  };
  const merged = ({ branch }: ChangeResult): MergedResult => ({
    kind: 'merged',
    by: { id: JONAS, name: 'Jonas Weber', email: null },
    branch,
    defaultBranch: 'main',
    commit: COMMIT,
    mergeCommit: NEWER,
    verified: true,
  });
  /** Waits until everything that happened is drawn. */
  const drawn = () =>
    until(async () => {
      const left = await stage.rows(
        `select 1 from event left join presentation on presentation.turn_id = event.turn_id
         where event.turn_id is not null and event.id > coalesce(presentation.event_id, 0)
         union all select 1 from outbox where topic = 'draw' and sent_at is null`,
      );
      return left.length === 0;
    });
  /** Waits until the bot waits for what this test has locked. */
  const blocked = (what: string) =>
    until(async () => {
      const waiting = await stage.rows(
        `select 1 from pg_locks join pg_stat_activity using (pid)
         where not granted and datname = current_database() and query like ?`,
        [`%${what}%`],
      );
      return waiting.length > 0;
    });
  const whileSessionsAreLocked = (work: (em: EntityManager) => Promise<void>) =>
    stage.holding(async (em) => {
      await em.execute('lock table session in access exclusive mode');
      await work(em);
    });
  const eventsLocked = async (em: EntityManager) => {
    await em.execute(`set local lock_timeout = '1s'`);
    await em.execute('lock table event in access exclusive mode');
  };

  it('that is drawn while its turn ends has the buttons of what was recorded with the end', async () => {
    const { root, result } = await played();
    await stage.slack.say('and round it', { thread_ts: root });
    const { turnId, sessionId } = await worker.claim(await queued(root, 1));
    await drawn();
    const drawing = Promise.withResolvers<void>();
    const letSession = Promise.withResolvers<void>();
    const sessionsLocked = whileSessionsAreLocked(async () => {
      await stage.rows('update presentation set event_id = 0 where turn_id = ?', [turnId]);
      await blocked('"session"');
      drawing.resolve();
      await letSession.promise;
    });
    await Promise.race([drawing.promise, sessionsLocked]);
    await stage.holding(async (em) => {
      // Not to be had from a drawing that has looked at the events first, as it must: then the end comes after it.
      const isHeld = await em.transactional(eventsLocked).then(
        () => true,
        () => false,
      );
      letSession.resolve();
      await sessionsLocked;
      if (isHeld) await blocked('"event"');
      const verification = { ...result.verification, commit: NEWER };
      const newer: ChangeResult = { ...result, commit: NEWER, verification };
      await em.nativeUpdate(Session, { id: sessionId }, { headCommit: NEWER });
      await em.insert(VerificationRow, {
        sessionId,
        commit: NEWER,
        passed: true,
        body: verification,
        createdAt: new Date(),
      });
      await endTurn(em, turnId, sessionId, { state: 'done', result: newer });
    });
    await approvable(root, NEWER);
  });

  it('follows another turn that ends while the clock of that one is drawn', async () => {
    const { root, result } = await played();
    const { turnId, sessionId } = await merging(root);
    await whileSessionsAreLocked(async (em) => {
      await stage.rows(`update presentation set at = at - interval '1 hour' where turn_id = ?`, [turnId]);
      await blocked('"session"');
      await endTurn(em, turnId, sessionId, { state: 'done', result: merged(result) });
    });
    await textShown(root, 'Merged into main by Jonas Weber');
  });

  it('follows another turn though the process was killed once that one was drawn', async () => {
    const { root, result } = await played();
    const lease = await merging(root);
    await stage.holding(async (em) => {
      await em.execute(`select 1 from delivery where text(payload) like '%' || ? || '%' for update`, [
        `${COMMIT.slice(0, 7)}`,
      ]);
      await worker.finish(lease, merged(result));
      await blocked('insert into delivery');
      await textWanted('Jonas Weber merged');
      await bot.kill();
    });
    expect(JSON.stringify(await stage.replies(root))).not.toContain('Merged into main');
    bot = await stage.startBot();
    await textShown(root, 'Merged into main by Jonas Weber');
  });

  it('of the Home tab is there again once it is opened after a restart, and follows what happens', async () => {
    const root = await stage.slack.say('@threadsmith paint the door');
    const turnId = await queued(root, 0);
    await bot.kill();
    bot = await stage.startBot();
    const home = async () => JSON.stringify(await stage.slack.control('home?user=mira'));
    const reviewable = async () => (await home()).split(ACTION.viewDiff).length;
    await stage.slack.control('home', { user: 'mira' });
    await until(async () => (await home()).includes('paint the door'));
    const before = await reviewable();
    await worker.finishChange(await worker.claim(turnId), { commit: COMMIT });
    await until(async () => (await reviewable()) > before);
  });
});

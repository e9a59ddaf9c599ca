// Results and what people decide on them: who may, on which commit, and who was first.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION, CHANGES_INPUT } from '../../blocks/parts/actions.ts';
import { patiently } from '../../bot/slack/calls.ts';
import type { Json } from '../playground/slack-setup.ts';
import { actionsOf, JONAS, LEE, MIRA, SANA, SHOP, Stage, until } from './stage.ts';
import { type ChangeOptions, WorkerHand } from './worker-hand.ts';

const COMMIT = 'a'.repeat(40);
const NEWER = 'b'.repeat(40);
const MERGED = 'c'.repeat(40);
const MIRA_PERSON = { id: MIRA, name: 'Mira Okafor', email: null };

interface Played {
  readonly root: string;
  readonly turnId: string;
  readonly sessionId: string;
}

describe('decisions', () => {
  let stage: Stage;
  let worker: WorkerHand;

  beforeAll(async () => {
    // Clicks over Socket Mode are in conversation.test.ts; HTTP is the stricter way, an acknowledgement counts once.
    stage = await Stage.start({ mode: 'http' });
    worker = new WorkerHand(stage);
    // A second between posts in a channel is Slack's rule and another test's; here it only takes time.
    await stage.slack.control('limits', { enabled: false });
  });
  afterAll(async () => stage.close());

  const turnsOf = (root: string) =>
    stage.rows<{ id: string; session_id: string; kind: string; state: string; text: string; details: Json }>(
      `select turn.* from turn join session on session.id = session_id where thread_ts = ? order by position`,
      [root],
    );
  const queued = (root: string, count = 1) =>
    until(async () => {
      const turns = await turnsOf(root);
      return turns.length >= count && turns.at(-1)?.state === 'queued' && turns.at(-1);
    });
  const played = async (options: ChangeOptions): Promise<Played> => {
    const root = await stage.slack.say('@threadsmith fix the total');
    const turn = await queued(root);
    if (turn === undefined) throw new Error('no turn');
    await worker.finishChange(await worker.claim(turn.id), options);
    return { root, turnId: turn.id, sessionId: turn.session_id };
  };
  /** The message of a thread that has this button. */
  const messageWith = (root: string, action: string) =>
    until(async () => (await stage.replies(root)).find((message) => actionsOf(message).includes(action)));
  const merges = async (root: string) => (await turnsOf(root)).filter(({ kind }) => kind === 'merge');

  it('shows the result with its screenshots as files of Slack, once they can be shown', async () => {
    const { root } = await played({ commit: COMMIT, screenshots: true });
    const result = await messageWith(root, ACTION.approve);
    const images = z
      .array(z.object({ type: z.string(), slack_file: z.object({ id: z.string() }).optional() }))
      .parse(result['blocks'])
      .filter(({ type }) => type === 'image');
    expect(images).toHaveLength(2);
    for (const { slack_file } of images) expect(slack_file?.id).toMatch(/^F[A-Z0-9]{8,}$/);
    // One message for the whole turn: the status became the result.
    expect(await stage.replies(root)).toHaveLength(1);
    expect(actionsOf(result)).toEqual([
      ACTION.approve,
      ACTION.requestChanges,
      ACTION.viewDiff,
      ACTION.tryWays,
      ACTION.discard,
    ]);
  });

  it('shows the result without pictures where Slack does not take them, and says so', async () => {
    await stage.fault({
      kind: 'slack_error',
      method: 'files.completeUploadExternal',
      error: 'access_denied',
      times: 2,
    });
    const { root } = await played({ commit: COMMIT, screenshots: true });
    const result = await messageWith(root, ACTION.approve);
    expect(JSON.stringify(result['blocks'])).not.toContain('slack_file');
    expect(JSON.stringify(result['blocks'])).toContain('is not available in Slack');
  });

  it('lets exactly one of two people who click at once merge, and tells the other who', async () => {
    const { root } = await played({ commit: COMMIT });
    const result = await messageWith(root, ACTION.approve);
    await Promise.all([
      stage.click(MIRA, result, ACTION.approve),
      stage.click(JONAS, result, ACTION.approve),
    ]);
    const made = await merges(root);
    expect(made).toHaveLength(1);
    expect(made[0]?.details).toMatchObject({ commit: COMMIT });
    const told = await until(async () => {
      const lines = [...(await stage.whispers(MIRA, root)), ...(await stage.whispers(JONAS, root))];
      return lines.length > 0 && lines;
    });
    // Whoever has to click twice is told twice.
    expect(new Set(told).size).toBe(1);
    expect(told[0]).toMatch(/is merging this already/);
    await until(async () => !actionsOf((await stage.replies(root))[0] ?? {}).includes(ACTION.approve));
  });

  it('shows who merged, when and as which commit; what is left is to take it back', async () => {
    const { root } = await played({ commit: COMMIT });
    await stage.click(JONAS, await messageWith(root, ACTION.approve), ACTION.approve);
    const merge = await queued(root, 2);
    const lease = await worker.claim(merge?.id ?? '');
    const by = { id: JONAS, name: 'Jonas Weber', email: null };
    await worker.finish(lease, {
      kind: 'merged',
      by,
      branch: 'threadsmith/x',
      defaultBranch: 'main',
      commit: COMMIT,
      mergeCommit: MERGED,
      verified: true,
    });
    const [result, note] = await until(async () => {
      const replies = await stage.replies(root);
      return (
        replies.length === 2 &&
        String(replies[0]?.['text']).includes('Merged into main by Jonas Weber') &&
        String(replies[1]?.['text']).includes('merged') &&
        replies
      );
    });
    expect(String(result?.['text'])).toContain('ccccccc');
    expect(actionsOf(result ?? {})).toEqual([ACTION.revert]);
    expect(String(note?.['text'])).toContain('Jonas Weber merged');
    // Somebody who clicks the message that was on their screen is told, and nothing happens.
    expect(await merges(root)).toHaveLength(1);
  });

  it('gives the button back when the merge fails, with the reason in the thread', async () => {
    const { root } = await played({ commit: COMMIT });
    await stage.click(MIRA, await messageWith(root, ACTION.approve), ACTION.approve);
    const merge = await queued(root, 2);
    await worker.fail(await worker.claim(merge?.id ?? ''), 'merge_conflict');
    await until(async () =>
      (await stage.replies(root)).some(({ text }) => String(text).includes('merge_conflict')),
    );
    const again = await messageWith(root, ACTION.approve);
    await stage.click(MIRA, again, ACTION.approve);
    expect(await until(async () => (await merges(root)).length === 2)).toBe(true);
  });

  it('refuses somebody who may not, names who may, and leaves everything as it is', async () => {
    const { root } = await played({ commit: COMMIT });
    const result = await messageWith(root, ACTION.approve);
    await stage.click(SANA, result, ACTION.approve);
    const [line] = await until(async () => {
      const lines = await stage.whispers(SANA, root);
      return lines.length > 0 && lines;
    });
    expect(line).toContain('You may not approve');
    expect(line).toContain(MIRA);
    expect(await merges(root)).toHaveLength(0);
    expect(await stage.whispers(MIRA, root)).toHaveLength(0);
  });

  it('refuses a click on a result whose branch has moved on', async () => {
    const { root, sessionId } = await played({ commit: COMMIT });
    const result = await messageWith(root, ACTION.approve);
    await stage.rows('update session set head_commit = ? where id = ?', [NEWER, sessionId]);
    await stage.click(MIRA, result, ACTION.approve);
    const [line] = await until(async () => {
      const lines = await stage.whispers(MIRA, root);
      return lines.length > 0 && lines;
    });
    expect(line).toContain('aaaaaaa');
    expect(line).toContain('bbbbbbb');
    expect(await merges(root)).toHaveLength(0);
  });

  it('takes the buttons of an older result away when a newer one is there', async () => {
    const { root } = await played({ commit: COMMIT });
    const older = await messageWith(root, ACTION.approve);
    await stage.slack.say('and round it', { thread_ts: root });
    const next = await queued(root, 2);
    await worker.finishChange(await worker.claim(next?.id ?? ''), { commit: NEWER });
    await until(async () => {
      const [first, second] = await stage.answers(root);
      return (
        !actionsOf(first ?? {}).includes(ACTION.approve) && actionsOf(second ?? {}).includes(ACTION.approve)
      );
    });
    // The old button, still on somebody's screen.
    const slackTs = z.string().parse(older['ts']);
    expect(slackTs).toBe((await stage.answers(root))[0]?.['ts']);
  });

  it('asks twice before a merge without verification', async () => {
    const { root } = await played({ commit: COMMIT, verified: false });
    const result = await messageWith(root, ACTION.mergeUnverified);
    expect(actionsOf(result)).not.toContain(ACTION.approve);
    const modal = await stage.form(JONAS, () => stage.click(JONAS, result, ACTION.mergeUnverified));
    expect(await merges(root)).toHaveLength(0);
    await stage.act('views/submit', { user: JONAS, view_id: modal['id'], values: {} });
    const [made] = await until(async () => {
      const turns = await merges(root);
      return turns.length > 0 && turns;
    });
    expect(made?.details).toMatchObject({ commit: COMMIT, unverified: true });
  });

  it('turns what was written under Request changes into the next turn, once', async () => {
    const { root } = await played({ commit: COMMIT });
    const result = await messageWith(root, ACTION.requestChanges);
    const modal = await stage.form(SANA, () => stage.click(SANA, result, ACTION.requestChanges));
    const values = {
      [CHANGES_INPUT.blockId]: { [CHANGES_INPUT.actionId]: 'Round the total <!channel>' },
    };
    await stage.act('views/submit', { user: SANA, view_id: modal['id'], values });
    const next = await queued(root, 2);
    expect(next).toMatchObject({ kind: 'changes_requested', text: 'Round the total <!channel>' });
    const said = await until(async () =>
      (await stage.replies(root)).find(({ text }) => String(text).includes('asked for changes')),
    );
    expect(String(said['text'])).not.toContain('<!channel>');
  });

  it('shows the diff in a modal to whoever asks', async () => {
    const { root } = await played({ commit: COMMIT });
    const result = await messageWith(root, ACTION.viewDiff);
    const modal = await stage.form(LEE, () => stage.click(LEE, result, ACTION.viewDiff));
    expect(JSON.stringify(modal['blocks'])).toContain('items.reduce');
  });

  it('discards, and says who did', async () => {
    const { root } = await played({ commit: COMMIT });
    await stage.click(SANA, await messageWith(root, ACTION.discard), ACTION.discard);
    const turn = await queued(root, 2);
    expect(turn?.kind).toBe('discard');
    await messageWith(root, ACTION.undoDiscard);
    // Ten minutes go by.
    await stage.rows('update turn set not_before = now() where id = ? returning 1', [turn?.id]);
    const lease = await worker.claim(turn?.id ?? '');
    const by = { id: SANA, name: 'Sana Qureshi', email: null };
    await worker.finish(lease, { kind: 'discarded', by, branch: 'threadsmith/x' });
    await until(async () => {
      const [result] = await stage.replies(root);
      return (
        String(result?.['text']).startsWith('Discarded by Sana Qureshi') &&
        actionsOf(result ?? {}).length === 0
      );
    });
  });

  it('undoes a discard within ten minutes, and not later', async () => {
    const { root } = await played({ commit: COMMIT });
    await stage.click(SANA, await messageWith(root, ACTION.discard), ACTION.discard);
    const discarded = await messageWith(root, ACTION.undoDiscard);
    expect(discarded['text']).toContain('until then this can be undone');
    const pending = await queued(root, 2);
    await expect(worker.claim(pending?.id ?? '')).rejects.toThrow('not to be had');
    await stage.click(LEE, discarded, ACTION.undoDiscard);
    await until(async () => (await stage.whispers(LEE, root)).length > 0);
    await stage.click(JONAS, discarded, ACTION.undoDiscard);
    await messageWith(root, ACTION.approve);
    await until(async () =>
      (await stage.replies(root)).find(({ text }) => String(text).includes('took the discard back')),
    );
    // A reply after a discard has it carried out first, and comes next.
    await stage.click(SANA, await messageWith(root, ACTION.discard), ACTION.discard);
    const again = await queued(root, 3);
    await stage.slack.say('start over', { thread_ts: root });
    await queued(root, 4);
    const lease = await worker.claim(again?.id ?? '');
    await worker.finish(lease, { kind: 'discarded', by: MIRA_PERSON, branch: 'threadsmith/x' });
    const next = (await turnsOf(root)).at(-1);
    await worker.claim(next?.id ?? '');
  });

  it('asks for the revert of a merge, once, and tries it again when it failed', async () => {
    const { root } = await played({ commit: COMMIT });
    await stage.click(MIRA, await messageWith(root, ACTION.approve), ACTION.approve);
    const merge = await worker.claim((await queued(root, 2))?.id ?? '');
    await worker.finish(merge, {
      kind: 'merged',
      by: MIRA_PERSON,
      branch: 'threadsmith/x',
      defaultBranch: 'main',
      commit: COMMIT,
      mergeCommit: MERGED,
      verified: true,
    });
    const merged = await messageWith(root, ACTION.revert);
    await Promise.all([
      stage.click(SANA, merged, ACTION.revert),
      stage.click(JONAS, merged, ACTION.revert),
      stage.click(LEE, merged, ACTION.revert),
    ]);
    const turn = await queued(root, 3);
    expect(turn).toMatchObject({
      kind: 'revert',
      details: { commit: MERGED },
      text: 'Revert: fix the total',
    });
    expect((await turnsOf(root)).filter(({ kind }) => kind === 'revert')).toHaveLength(1);
    await worker.fail(await worker.claim(turn?.id ?? ''), 'merge_conflict');
    await stage.click(MIRA, await messageWith(root, ACTION.tryAgain), ACTION.tryAgain);
    const second = await queued(root, 4);
    expect(second).toMatchObject({ kind: 'revert', details: { commit: MERGED } });
    await worker.finishChange(await worker.claim(second?.id ?? ''), { commit: NEWER });
    await messageWith(root, ACTION.approve);
    await stage.click(MIRA, await messageWith(root, ACTION.revert), ACTION.revert);
    await until(async () =>
      (await stage.whispers(MIRA, root)).find((line) => line.includes('Work has gone on')),
    );
  });

  it('offers to go on where the budget was spent', async () => {
    const root = await stage.slack.say('@threadsmith fix the endless one');
    const turn = await queued(root);
    await worker.fail(await worker.claim(turn?.id ?? ''), 'budget_spent');
    await stage.click(SANA, await messageWith(root, ACTION.goOn), ACTION.goOn);
    const next = await queued(root, 2);
    expect(next).toMatchObject({ kind: 'follow_up', text: 'Go on with the request from where you are.' });
  });

  it('reminds the person once of a question that has waited for a day', async () => {
    const root = await stage.slack.say('@threadsmith fix the slow one');
    const turn = await queued(root);
    await worker.ask(await worker.claim(turn?.id ?? ''), 'Which of the two?', []);
    await stage.rows(`update turn set state_since = now() - interval '25 hours' where id = ? returning 1`, [
      turn?.id,
    ]);
    const reminders = async () =>
      (await stage.replies(root)).filter(({ text }) => String(text).includes('I still wait for your answer'));
    await until(async () => (await reminders()).length > 0);
    expect((await reminders())[0]?.['text']).toContain(`<@${MIRA}>`);
    // The next round of the maintenance comes within five seconds.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(await reminders()).toHaveLength(1);
  });

  it('reminds whoever asked once of a change that has waited a day for a review', async () => {
    const { root, turnId } = await played({ commit: COMMIT });
    await messageWith(root, ACTION.approve);
    await stage.rows(`update turn set state_since = now() - interval '25 hours' where id = ? returning 1`, [
      turnId,
    ]);
    const line = await until(async () =>
      (await stage.replies(root)).find(({ text }) => String(text).includes('waited for a review')),
    );
    expect(line['text']).toContain(`<@${MIRA}>`);
    const others = await stage.rows(
      `select 1 from delivery where dedupe_key like 'reminder:%' and dedupe_key <> ?`,
      [`reminder:${turnId}`],
    );
    // The question of the test before; the other changes are younger.
    expect(others.length).toBeLessThanOrEqual(1);
  });

  it('gives a diff that is too long to be paged through to the thread as a file, once', async () => {
    const long = Array.from({ length: 9_000 }, (_, line) => `+${'a long line of it '.repeat(4)}${line}`);
    const diff = `diff --git a/big.js b/big.js\n--- a/big.js\n+++ b/big.js\n@@ -0,0 +1,9000 @@\n${long.join('\n')}\n`;
    const { root } = await played({ commit: COMMIT, diff });
    const result = await messageWith(root, ACTION.viewDiff);
    for (const user of [MIRA, JONAS]) await stage.click(user, result, ACTION.viewDiff);
    await until(async () =>
      (await stage.replies(root)).find((message) => JSON.stringify(message['files'] ?? []).includes('.diff')),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // What Slack refused at a limit did not come.
    const shared = (await stage.calls('files.completeUploadExternal')).filter(
      ({ ok, args }) => ok && args['thread_ts'] === root,
    );
    expect(shared).toHaveLength(1);
  });

  it('tries a failed turn again, once', async () => {
    const root = await stage.slack.say('@threadsmith fix the flaky one');
    const turn = await queued(root);
    await worker.fail(await worker.claim(turn?.id ?? ''), 'model_unreachable');
    const failed = await messageWith(root, ACTION.tryAgain);
    await Promise.all([
      stage.click(MIRA, failed, ACTION.tryAgain),
      stage.click(SANA, failed, ACTION.tryAgain),
    ]);
    const again = await queued(root, 2);
    expect(again).toMatchObject({ kind: 'follow_up', text: 'fix the flaky one' });
    expect(await turnsOf(root)).toHaveLength(2);
  });

  it('does not act on a turn of another channel', async () => {
    const { root, turnId } = await played({ commit: COMMIT });
    const elsewhere = await patiently(() =>
      stage.slack.client.chat.postMessage({
        channel: 'C0PLATFRM1',
        text: 'a lure',
        blocks: [
          {
            type: 'actions',
            elements: [
              {
                type: 'button',
                action_id: ACTION.approve,
                value: turnId,
                text: { type: 'plain_text', text: 'Click me' },
              },
            ],
          },
        ],
      }),
    );
    await stage.act('actions', {
      user: MIRA,
      channel: 'C0PLATFRM1',
      ts: elsewhere.ts,
      action_id: ACTION.approve,
    });
    await until(async () =>
      (await stage.calls('chat.postEphemeral')).some(
        ({ ok, args }) => ok && args['channel'] === 'C0PLATFRM1',
      ),
    );
    expect(await merges(root)).toHaveLength(0);
    expect(SHOP).not.toBe('C0PLATFRM1');
  });
});

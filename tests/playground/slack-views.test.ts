// Modals and Home tabs: trigger ids, the stack, hashes and limits.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, MIRA, TestSlack } from './slack-setup.ts';

let slack: TestSlack;

beforeAll(async () => {
  slack = await TestSlack.start();
});
afterAll(() => slack.stop());
beforeEach(() => slack.control('limits', { enabled: false }));

describe('modals and Home', () => {
  const view = {
    type: 'modal' as const,
    title: { type: 'plain_text' as const, text: 'Title' },
    blocks: [{ type: 'divider' as const }],
  };

  /** A trigger id as a click would bring it. */
  const trigger = (viewId?: string): string => slack.running.workspace.services.triggers.issue(MIRA, viewId);

  test('a trigger id works once, and soon', async () => {
    const trigger_id = trigger();
    await slack.client.views.open({ trigger_id, view });
    expect(await slack.refusal('views.open', { trigger_id, view })).toBe('expired_trigger_id');
    expect(await slack.refusal('views.open', { trigger_id: 'made-up', view })).toBe('invalid_trigger_id');
    const hasty = await TestSlack.start({ deadlineMs: 30 });
    try {
      const late = hasty.running.workspace.services.triggers.issue(MIRA);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect((await hasty.call('views.open', { trigger_id: late, view })).body['error']).toBe(
        'expired_trigger_id',
      );
    } finally {
      await hasty.stop();
    }
  });

  test('three modals stack, a fourth does not', async () => {
    const { view: first } = await slack.client.views.open({ trigger_id: trigger(), view });
    for (let i = 0; i < 2; i += 1) await slack.client.views.push({ trigger_id: trigger(first?.id), view });
    expect(await slack.views('mira')).toHaveLength(3);
    expect(await slack.refusal('views.push', { trigger_id: trigger(first?.id), view })).toBe(
      'push_limit_reached',
    );
    const top = (await slack.views('mira'))[2];
    expect(top).toMatchObject({ root_view_id: first?.id, previous_view_id: expect.stringMatching(/^V/) });
  });

  test('an update with an old hash is refused', async () => {
    const { view: opened } = await slack.client.views.open({ trigger_id: trigger(), view });
    const update = { view_id: opened?.id, hash: opened?.hash, view: { ...view, private_metadata: 'two' } };
    expect((await slack.call('views.update', update)).body).toMatchObject({
      ok: true,
      view: { private_metadata: 'two' },
    });
    expect(await slack.refusal('views.update', update)).toBe('hash_conflict');
    expect(await slack.refusal('views.update', { view_id: 'V0NOTHERE1', view })).toBe('not_found');
  });

  test.each([
    ['a title of 25 characters', { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } }],
    ['private_metadata of 3,001 characters', { ...view, private_metadata: 'x'.repeat(3001) }],
    ['101 blocks', { ...view, blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }],
    ['a block that only messages take', { ...view, blocks: [{ type: 'markdown', text: 'hi' }] }],
    ['an input without a submit button', { ...view, blocks: [inputBlock()] }],
    ['a field that views do not have', { ...view, colour: 'red' }],
  ])('%s is refused', async (_what, wrong) => {
    expect(await slack.refusal('views.open', { trigger_id: trigger(), view: wrong })).toBe(
      'invalid_arguments',
    );
  });

  test('a Home tab is kept per person', async () => {
    await slack.client.views.publish({ user_id: MIRA, view: { type: 'home', blocks: view.blocks } });
    expect(await slack.control('home?user=mira')).toMatchObject({
      view: { type: 'home', blocks: [{ type: 'divider' }] },
    });
    expect(await slack.control('home?user=sana')).toEqual({ view: null });
  });

  function inputBlock(): Json {
    return {
      type: 'input',
      label: { type: 'plain_text', text: 'Why' },
      element: { type: 'plain_text_input', action_id: 'why' },
    };
  }
});

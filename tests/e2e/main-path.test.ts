// The main job as people see it in the thread, over both of Slack's transports.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { required } from '../required.ts';
import { part } from '../setup/environment.ts';
import { TEST_MS } from './conversation.ts';
import { type Message, readable } from './people.ts';
import { type Stack, startStack } from './stack.ts';
import { inOrder, offers, says, withdraws } from './thread.ts';

function imagesOf(message: Message): readonly string[] {
  return (message.blocks ?? [])
    .filter((block) => block.type === 'image')
    .map((block) => String(block['alt_text']));
}

describe.each([
  ['socket', 'PostgreSQL'],
  ['http', 'Redis'],
] as const)('the main path over %s with the queue on %s', { timeout: TEST_MS }, (transport, queue) => {
  let stack: Stack;
  beforeAll(async () => {
    const redis = queue === 'Redis' ? { redisUrl: `${part('TEST_REDIS_URL')}/1` } : {};
    stack = await startStack({ transport, ...redis });
  });
  afterAll(() => stack.stop());

  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', stack.sampleRepo, ...args], { encoding: 'utf8' }).trim();

  it('leads from a mention over a follow-up and requested changes to the merge', async () => {
    const { people } = stack;
    const root = await people.post('mira', 'shop', '@threadsmith fix the total on the cart page');
    const see = <T>(what: (messages: readonly Message[]) => T | undefined) => people.see('shop', root, what);

    const first = await see(offers(/approve & merge/i));
    expect(readable(first.message)).toMatch(/tests/);
    const images = imagesOf(first.message);
    expect(images.length).toBeGreaterThanOrEqual(2);
    for (const alt of images) expect(alt).toMatch(/\w{3}/);
    inOrder(readable(first.message), [
      'Ready to merge',
      'tests',
      images[0] ?? '',
      'Reviewed by',
      'src/cart.js',
      'Asked by',
      'Approve & merge',
    ]);
    const botMessages = (await people.thread('shop', root)).filter((message) => message.bot_id !== undefined);
    expect(botMessages).toHaveLength(1);

    const asked = await people.post('jonas', 'shop', 'also show how much is missing for free shipping', root);
    const second = await see(offers(/approve & merge/i, { after: asked }));
    await see(withdraws(first.message.ts, /approve & merge/i));
    const head = git('rev-parse', offeredBranch(git));

    const changes = required(offers(/request changes/i)([second.message]), 'changes cannot be requested');
    await people.click('mira', 'shop', root, changes.button.actionId);
    const view = required((await people.views('mira')).at(-1), 'no modal was opened');
    await people.submit(
      'mira',
      view.id,
      inputValues(view.blocks, 'make the total bigger and label it "Total to pay"'),
    );
    const last = await see(offers(/approve & merge/i, { after: second.message.ts }));
    const shown = git('rev-parse', offeredBranch(git));
    expect(shown).not.toBe(head);

    await people.click('mira', 'shop', root, last.button.actionId);
    const merged = await see(says(/Merged into main/));
    expect(git('log', '-1', '--format=%P', 'main').split(' ')[1]).toBe(shown);
    expect(readable(merged)).toContain(git('rev-parse', '--short=8', 'main').slice(0, 7));
    await see((messages) =>
      messages.some((message) => offers(/merge/i)([message]) !== undefined) ? undefined : true,
    );
  });

  it('answers a question with the lines it rests on and offers no merge', async () => {
    const root = await stack.people.post('jonas', 'shop', '@threadsmith where is the total computed?');
    const answer = await stack.people.see('shop', root, says(/src\/cart\.js:\d+/));
    expect(offers(/merge/i)([answer])).toBeUndefined();
  });
});

function offeredBranch(git: (...args: string[]) => string): string {
  return git(
    'for-each-ref',
    '--sort=-committerdate',
    '--count=1',
    '--format=%(refname)',
    'refs/heads/threadsmith',
  );
}

/** The same text in every input of a modal, as Slack would send it. */
function inputValues(blocks: readonly unknown[], text: string): Record<string, Record<string, unknown>> {
  const values: Record<string, Record<string, unknown>> = {};
  for (const block of blocks) {
    if (typeof block !== 'object' || block === null || Reflect.get(block, 'type') !== 'input') continue;
    const element: unknown = Reflect.get(block, 'element');
    const actionId =
      typeof element === 'object' && element !== null ? String(Reflect.get(element, 'action_id')) : '';
    values[String(Reflect.get(block, 'block_id'))] = {
      [actionId]: { type: 'plain_text_input', value: text },
    };
  }
  return values;
}

// Three attempts at one request, as people see them: side by side, through a killed worker, one chosen and merged.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mention, TEST_MS } from './conversation.ts';
import { buttonsOf, type Message, readable } from './people.ts';
import { type Stack, startStack } from './stack.ts';
import { offers, says } from './thread.ts';

const ALL_STEPS = Array.from({ length: 12 }, (_, index) => `step ${index + 1}`);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

function git(...args: string[]): string {
  return execFileSync('git', ['--git-dir', stack.sampleRepo, ...args], { encoding: 'utf8' }).trim();
}

function branches(): readonly string[] {
  return git('for-each-ref', '--format=%(refname:short)', 'refs/heads/threadsmith')
    .split('\n')
    .filter(Boolean);
}

function carouselOf(message: Message): readonly unknown[] {
  return (message.blocks ?? []).find(({ type }) => type === 'carousel')?.elements ?? [];
}

it(
  'leads from ×3 through a killed worker to a choice and its merge',
  async () => {
    const thread = await mention(stack, 'mira', 'shop', '×3 take your time');
    await thread.see(says(/The simplest change: .*step (?:[2-9]|1\d)/s));
    await stack.worker.stop('SIGKILL');
    await stack.startWorker();

    const offer = await thread.see(offers(/^choose 3$/i));
    expect(carouselOf(offer.message)).toHaveLength(3);
    expect(JSON.stringify(carouselOf(offer.message)).match(/"hero_image"/g)).toHaveLength(3);
    const labels = buttonsOf(offer.message).map(({ label }) => label);
    expect(labels).toEqual([
      'Choose 1',
      'View diff',
      'Choose 2',
      'View diff',
      'Choose 3',
      'View diff',
      'Keep none',
    ]);
    expect(labels.some((label) => /merge/i.test(label))).toBe(false);
    // Each one went on where it was, and no command ran twice.
    expect(branches()).toHaveLength(3);
    for (const branch of branches())
      expect(git('show', `${branch}:steps.txt`).split('\n')).toEqual(ALL_STEPS);

    // What is asked meanwhile waits.
    const asked = await thread.reply('jonas', 'where is the total computed?');
    await thread.see(says(/request of this thread comes first/, { after: asked }));
    await thread.click('jonas', /^choose 2$/i);
    await thread.see(says(/src\/cart\.js/, { after: asked }));
    const result = await thread.see(offers(/^approve & merge$/i));
    expect(result.message.ts).toBe(offer.message.ts);
    expect(readable(result.message)).toMatch(/attempt 2 of 3/);
    const [kept] = await thread.see(() => (branches().length === 1 ? branches() : undefined));
    expect(kept).toMatch(/-attempt-2$/);

    await thread.click('mira', /^approve & merge$/i);
    await thread.see(says(/Merged into main/));
    expect(git('show', 'main:steps.txt').split('\n')).toEqual(ALL_STEPS);
    const mine = (await thread.messages()).filter(({ bot_id }) => bot_id !== undefined);
    expect(mine.filter((message) => carouselOf(message).length > 0)).toEqual([]);
  },
  TEST_MS,
);

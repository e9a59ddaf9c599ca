// The workspace's page in a real browser: reading, writing, clicking as somebody, and what it never does.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  eventually,
  JONAS,
  type Json,
  MIRA,
  type PageTest,
  PLATFORM,
  SANA,
  SHOP,
  startPageTest,
  until,
} from './page-setup.ts';

let at: PageTest;

beforeAll(async () => {
  at = await startPageTest({ deadlineMs: 2_500 });
});

afterAll(() => at.close());

beforeEach(() => {
  at.app.events.length = 0;
  at.app.interactions.length = 0;
  at.app.answer = () => undefined;
});

async function say(user: string, text: string, more: Json = {}): Promise<string> {
  return String((await at.control('/messages', { user, channel: SHOP, text, ...more }))['ts']);
}

async function appSays(args: Json): Promise<string> {
  return String((await at.slack('chat.postMessage', { channel: SHOP, text: 'said', ...args }))['ts']);
}

function button(actionId: string, text: string, more: Json = {}): Json {
  return { type: 'button', action_id: actionId, text: { type: 'plain_text', text }, value: 'v1', ...more };
}

test('a message appears on an open page without reloading it', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  const ts = await say(JONAS, 'the *new* photos are `in`');
  const message = page.locator(`[data-pane=channel] [data-ts="${ts}"]`);
  await message.waitFor();
  expect(await message.locator('.author').textContent()).toBe('Jonas Weber');
  expect(await message.locator('strong').textContent()).toBe('new');
  expect(await message.locator('code').textContent()).toBe('in');
  await page.context().close();
});

test('Enter sends, Shift+Enter breaks the line, @ completes the name of the app', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  const field = page.locator('[data-pane=channel] textarea');
  await field.click();
  await page.keyboard.type('@thr');
  await page.locator('[data-mention=threadsmith]').waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('fix the total');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('and the tax');
  expect(await field.inputValue()).toBe('@threadsmith fix the total\nand the tax');
  await page.keyboard.press('Enter');
  const event = await until(() => at.app.events.find((each) => each['type'] === 'app_mention'));
  expect(event['text']).toBe('<@U0THREAD01> fix the total\nand the tax');
  expect(event['user']).toBe(MIRA);
  await eventually(() => field.inputValue()).toBe('');
  await page.context().close();
});

test('a thread opens from its address, and a reply written there goes into it', async () => {
  const root = await say(JONAS, 'who has seen the flour?');
  const page = await at.open(MIRA, `#/${SHOP}/${root}`);
  const thread = page.locator('[data-pane=thread]');
  await thread.locator(`[data-ts="${root}"]`).waitFor();
  await thread.locator('textarea').fill('I have');
  await thread.locator('textarea').press('Enter');
  await thread.getByText('I have', { exact: true }).waitFor();
  const bar = page.locator(`[data-pane=channel] [data-ts="${root}"] .reply-bar`);
  await eventually(() => bar.textContent()).toContain('1 reply');
  await thread.getByLabel('Close the thread').click();
  await thread.waitFor({ state: 'hidden' });
  await eventually(() => new URL(page.url()).hash).toBe(`#/${SHOP}`);
  await page.context().close();
});

test('a button is clicked as the person chosen in the menu, after the app asked for confirmation', async () => {
  const confirm = {
    title: { type: 'plain_text', text: 'Merge this change?' },
    text: { type: 'plain_text', text: 'It goes into main.' },
    confirm: { type: 'plain_text', text: 'Merge' },
    deny: { type: 'plain_text', text: 'Not yet' },
  };
  const ts = await appSays({
    blocks: [{ type: 'actions', elements: [button('approve', 'Approve', { confirm })] }],
  });
  const page = await at.open(MIRA, `#/${SHOP}`);
  await page.locator('[data-you]').click();
  await page.locator(`.menu [data-value=${JONAS}]`).click();
  await page.locator(`[data-you=${JONAS}]`).waitFor();
  const approve = page.locator(`[data-ts="${ts}"] [data-action-id=approve]`);
  await approve.click();
  await page.getByRole('button', { name: 'Not yet' }).click();
  await page.locator('[data-dialog=confirm]').waitFor({ state: 'detached' });
  expect(at.app.interactions).toHaveLength(0);
  await approve.click();
  expect(await page.locator('[data-dialog=confirm]').textContent()).toContain('It goes into main.');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const payload = await until(() => at.app.interactions[0]);
  expect(payload).toMatchObject({
    type: 'block_actions',
    user: { id: JONAS },
    container: { message_ts: ts },
    actions: [{ action_id: 'approve', value: 'v1' }],
  });
  await page.context().close();
});

test('a click that the app does not acknowledge is said, and the button can be clicked again', async () => {
  const ts = await appSays({ blocks: [{ type: 'actions', elements: [button('slow', 'Slow')] }] });
  at.app.answer = () => new Promise((resolve) => setTimeout(() => resolve(undefined), 4_000));
  const page = await at.open(MIRA, `#/${SHOP}`);
  const slow = page.locator(`[data-ts="${ts}"] [data-action-id=slow]`);
  await slow.click();
  expect(await slow.getAttribute('aria-busy')).toBe('true');
  await page.locator('.toast-error').waitFor();
  expect(await page.locator('.toast-error').textContent()).toContain('Threadsmith did not answer');
  await eventually(() => slow.getAttribute('aria-busy')).toBeNull();
  await page.context().close();
});

test('a menu in a message sends the chosen option', async () => {
  const options = ['shop', 'orders'].map((value) => ({ text: { type: 'plain_text', text: value }, value }));
  const select = {
    type: 'static_select',
    action_id: 'repo',
    placeholder: { type: 'plain_text', text: 'Repo' },
    options,
  };
  const overflow = { type: 'overflow', action_id: 'more', options };
  const ts = await appSays({ blocks: [{ type: 'actions', elements: [select, overflow] }] });
  const page = await at.open(MIRA, `#/${SHOP}`);
  await page.locator(`[data-ts="${ts}"] select[data-action-id=repo]`).selectOption('orders');
  const chosen = await until(() => at.app.interactions[0]);
  expect(chosen['actions']).toMatchObject([{ action_id: 'repo', selected_option: { value: 'orders' } }]);
  await page.locator(`[data-ts="${ts}"] [data-action-id=more]`).click();
  await page.locator('.menu [data-value=shop]').click();
  const picked = await until(() => at.app.interactions[1]);
  expect(picked['actions']).toMatchObject([{ action_id: 'more', selected_option: { value: 'shop' } }]);
  await page.context().close();
});

test('reactions are added and taken back, and everybody sees the count', async () => {
  const ts = await say(JONAS, 'done at last');
  await at.control('/reactions', { user: SANA, channel: SHOP, ts, name: 'tada' });
  const page = await at.open(MIRA, `#/${SHOP}`);
  const pill = page.locator(`[data-pane=channel] [data-ts="${ts}"] [data-reaction=tada]`);
  await pill.click();
  await eventually(() => pill.textContent()).toBe('🎉2');
  expect(await pill.getAttribute('aria-pressed')).toBe('true');
  await pill.click();
  await eventually(() => pill.textContent()).toBe('🎉1');
  await page.context().close();
});

test('own messages can be edited and deleted, those of others cannot', async () => {
  const own = await say(MIRA, 'three croisants');
  const other = await say(SANA, 'two baguettes');
  const page = await at.open(MIRA, `#/${SHOP}`);
  const message = page.locator(`[data-pane=channel] [data-ts="${own}"]`);
  const menuOf = async (ts: string) => {
    await page.locator(`[data-pane=channel] [data-ts="${ts}"]`).hover();
    await page.locator(`[data-pane=channel] [data-ts="${ts}"] [data-tool=more]`).click();
  };
  await menuOf(other);
  expect(await page.locator('.menu [data-value=delete]').count()).toBe(0);
  await page.keyboard.press('Escape');
  await menuOf(own);
  await page.locator('.menu [data-value=edit]').click();
  await message.locator('textarea').fill('three croissants');
  await message.locator('textarea').press('Enter');
  await message.locator('.edited').waitFor();
  expect(await message.locator('.message-text').textContent()).toBe('three croissants');
  await menuOf(own);
  await page.locator('.menu [data-value=delete]').click();
  await page.locator('[data-answer=confirm]').click();
  await message.waitFor({ state: 'detached' });
  await page.context().close();
});

test('an ephemeral message is shown to its person alone, and says so', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  const other = await at.open(JONAS, `#/${SHOP}`);
  await at.slack('chat.postEphemeral', { channel: SHOP, user: MIRA, text: 'You may not merge here.' });
  await page.getByText('You may not merge here.').waitFor();
  expect(await page.locator('.message.ephemeral').textContent()).toContain('Only visible to you');
  await say(SANA, 'after the secret');
  await other.getByText('after the secret').waitFor();
  expect(await other.getByText('You may not merge here.').count()).toBe(0);
  await page.context().close();
  await other.context().close();
});

test('an update of one block leaves the others standing: an open fold stays open', async () => {
  const task = (id: string, status: string) => ({
    type: 'task_card',
    task_id: id,
    title: `Task ${id}`,
    status,
    output: {
      type: 'rich_text',
      elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: `out ${id}` }] }],
    },
  });
  const blocks = (status: string) => [
    {
      type: 'container',
      block_id: 'log',
      title: { type: 'plain_text', text: 'Log' },
      is_collapsible: true,
      default_collapsed: true,
      child_blocks: [{ type: 'divider' }],
    },
    { type: 'plan', block_id: 'plan', title: 'Working', tasks: [task('a', 'complete'), task('b', status)] },
  ];
  const ts = await appSays({ blocks: blocks('in_progress') });
  const page = await at.open(MIRA, `#/${SHOP}`);
  const message = page.locator(`[data-pane=channel] [data-ts="${ts}"]`);
  await message.locator('details.container > summary').click();
  await message.locator('[data-task-id=a] > summary').click();
  await message.locator('details.container').evaluate((node) => node.setAttribute('data-same', 'yes'));
  expect(await message.locator('[data-task-id=b][open]').count()).toBe(1);
  await at.slack('chat.update', { channel: SHOP, ts, text: 'done', blocks: blocks('complete') });
  await message.locator('[data-task-id=b][data-status=complete]').waitFor();
  expect(await message.locator('details.container[open][data-same=yes]').count()).toBe(1);
  expect(await message.locator('[data-task-id=a][open]').count()).toBe(1);
  expect(await message.locator('.plan-count').textContent()).toBe('2 of 2');
  await page.context().close();
});

test('a channel with news is bold, and a mention counts', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  const row = page.locator(`[data-channel-id=${PLATFORM}]`);
  expect(await row.getAttribute('class')).not.toContain('unread');
  await at.control('/messages', { user: JONAS, channel: PLATFORM, text: 'deploy is out' });
  await eventually(() => row.getAttribute('class')).toContain('unread');
  expect(await row.locator('.count').count()).toBe(0);
  await at.control('/messages', { user: JONAS, channel: PLATFORM, text: '@mira have a look' });
  await eventually(() => row.locator('.count').textContent()).toBe('1');
  await row.click();
  await page.locator('.rule-new').waitFor();
  await eventually(() => row.getAttribute('class')).not.toContain('unread');
  await page.context().close();
});

test('a file chosen in the composer is posted, and a picture opens large', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  await page.locator('[data-pane=channel] input[type=file]').setInputFiles([
    { name: 'loaf.png', mimeType: 'image/png', buffer: png },
    { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('rye, salt') },
  ]);
  await page.locator('.composer-file').nth(1).waitFor();
  await page.locator('[data-pane=channel] .send').click();
  await page.locator('.file-card', { hasText: 'notes.txt' }).waitFor();
  await page.locator('.picture img').last().click();
  const large = page.locator('.lightbox img');
  await eventually(() =>
    large.evaluate((node) => node instanceof HTMLImageElement && node.naturalWidth),
  ).toBe(1);
  await page.keyboard.press('Escape');
  await page.locator('.lightbox').waitFor({ state: 'detached' });
  await page.context().close();
});

test('the bar on top says whether the app is connected', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  await page.locator('[data-health=ok]').waitFor();
  await fetch(`${at.url}/control/app`, { method: 'PUT', body: JSON.stringify({ delivery: 'socket' }) });
  await page.locator('[data-health=waiting]').waitFor();
  await fetch(`${at.url}/control/app`, { method: 'PUT', body: JSON.stringify({ delivery: 'http' }) });
  await page.locator('[data-health=ok]').waitFor();
  await page.context().close();
});

test('the line under a thread says what the app is doing until it answers', async () => {
  const root = await say(MIRA, 'are you there?');
  const page = await at.open(MIRA, `#/${SHOP}/${root}`);
  await page.locator(`[data-pane=thread] [data-ts="${root}"]`).waitFor();
  await at.slack('assistant.threads.setStatus', {
    channel_id: SHOP,
    thread_ts: root,
    status: 'is reading the code…',
  });
  await eventually(() => page.locator('.status-line').textContent()).toBe('Threadsmith is reading the code…');
  await appSays({ thread_ts: root, text: 'I am' });
  await eventually(() => page.locator('.status-line').textContent()).toBe('');
  await page.context().close();
});

test('the page asks no other host for anything, not even for a picture in a message', async () => {
  const page = await at.open(MIRA, `#/${SHOP}`);
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(at.url) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  const image = { type: 'image', image_url: 'https://tracker.example/pixel.png', alt_text: 'a pixel' };
  const ts = await appSays({ blocks: [image, { type: 'context', elements: [image] }] });
  const message = page.locator(`[data-pane=channel] [data-ts="${ts}"]`);
  await message.waitFor();
  expect(await message.locator('.image-missing').textContent()).toContain('on another host, not loaded');
  expect(await message.locator('img[src*=tracker]').count()).toBe(0);
  expect(foreign).toEqual([]);
  await page.context().close();
});

test.each([
  { name: 'wide', width: 1440, height: 900 },
  { name: 'small laptop', width: 1180, height: 720 },
  { name: 'tablet', width: 900, height: 1100 },
  { name: 'phone', width: 360, height: 740 },
])('nothing is wider than the window: $name', async ({ width, height }) => {
  const long = 'x'.repeat(300);
  const root = await say(JONAS, `long ${long}`);
  await appSays({
    thread_ts: root,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `\`${long}\`\n\`\`\`${long}\`\`\`` } },
      {
        type: 'table',
        rows: [['A', 'B', 'C', 'D'].map((text) => ({ type: 'raw_text', text: text.repeat(30) }))],
      },
      {
        type: 'plan',
        title: long,
        tasks: [{ type: 'task_card', task_id: 't', title: long, status: 'error' }],
      },
    ],
  });
  const page = await at.open(MIRA, `#/${SHOP}/${root}`, { viewport: { width, height } });
  await page.locator('[data-pane=thread] .plan').waitFor();
  const spill = await page.evaluate(() => {
    const visible = [...document.querySelectorAll('.message-main, .pane, .composer, .topbar')];
    return visible
      .filter(
        (node) =>
          node.getBoundingClientRect().right > innerWidth + 1 ||
          (node.matches('.message-main') && node.scrollWidth > node.clientWidth + 1),
      )
      .map((node) => node.className);
  });
  expect(spill).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  await page.context().close();
});

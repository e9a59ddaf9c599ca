// Modals of the workspace's page: forms, the client's own checks, the app's errors, the stack.
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually, type Json, MIRA, type PageTest, SHOP, startPageTest, until } from './page-setup.ts';

let at: PageTest;
let page: Page;

beforeAll(async () => {
  at = await startPageTest();
  page = await at.open(MIRA, `#/${SHOP}`);
});

afterAll(() => at.close());

beforeEach(() => {
  at.app.interactions.length = 0;
});

const words = (text: string): Json => ({ type: 'plain_text', text });

const options = ['low', 'high'].map((value) => ({ text: words(value), value }));

/** Inputs of every kind; the ones without `optional` are required. */
const form: Json = {
  type: 'modal',
  callback_id: 'form',
  title: words('Request changes'),
  submit: words('Send'),
  close: words('Never mind'),
  blocks: [
    { type: 'alert', level: 'warning', text: words('Two checks did not run.') },
    input('what', 'What?', { type: 'plain_text_input', action_id: 'text', multiline: true, min_length: 5 }),
    input('who', 'Who?', { type: 'users_select', action_id: 'person' }),
    input('how', 'How urgent?', {
      type: 'radio_buttons',
      action_id: 'radio',
      options,
      initial_option: options[0],
    }),
    input('tags', 'Tags', { type: 'multi_static_select', action_id: 'tags', options }, true),
    input('also', 'Also', { type: 'checkboxes', action_id: 'boxes', options }, true),
    input('by', 'By', { type: 'datepicker', action_id: 'date' }, true),
  ],
};

function input(blockId: string, label: string, element: Json, optional = false): Json {
  return { type: 'input', block_id: blockId, label: words(label), element, optional };
}

/** Posts a button whose click opens this view, clicks it, and waits for the modal. */
async function openModal(view: Json): Promise<void> {
  const posted = await at.slack('chat.postMessage', {
    channel: SHOP,
    text: 'open',
    blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'open', text: words('Open') }] }],
  });
  at.app.answer = (payload) => {
    if (payload['type'] === 'block_actions') {
      void at.slack('views.open', { trigger_id: String(payload['trigger_id']), view });
    }
    return undefined;
  };
  await page.locator(`[data-pane=channel] [data-ts="${String(posted['ts'])}"] [data-action-id=open]`).click();
  await page.locator('[data-dialog=modal]').waitFor();
}

async function fill(): Promise<void> {
  const modal = page.locator('[data-dialog=modal]');
  await modal.locator('[data-action-id=text]').fill('round to cents');
  await modal.locator('select[data-action-id=person]').selectOption({ label: 'Jonas Weber' });
  await modal.getByText('high').first().click();
  await modal.locator('details[data-action-id=tags] > summary').click();
  await modal.locator('details[data-action-id=tags] label', { hasText: 'low' }).click();
  await modal.locator('[data-action-id=boxes] label', { hasText: 'high' }).click();
  await modal.locator('[data-action-id=date]').fill('2026-12-01');
}

test('a form that lacks required fields is not sent and says which', async () => {
  await openModal(form);
  await page.locator('[data-modal-submit]').click();
  const errors = await page.locator('.field-error').allTextContents();
  expect(errors.filter((text) => text !== '')).toEqual([
    'Please complete this required field.',
    'Please complete this required field.',
  ]);
  await page.locator('[data-action-id=text]').fill('abc');
  await page.locator('[data-modal-submit]').click();
  expect(await page.locator('[data-error-for=what]').textContent()).toBe(
    'Please write at least 5 characters.',
  );
  expect(at.app.interactions.filter((each) => each['type'] === 'view_submission')).toEqual([]);
  await page.keyboard.press('Escape');
  await page.locator('[data-dialog=modal]').waitFor({ state: 'detached' });
});

test('what was chosen in every kind of input reaches the app in its own shape', async () => {
  await openModal(form);
  await fill();
  await page.locator('[data-modal-submit]').click();
  await page.locator('[data-dialog=modal]').waitFor({ state: 'detached' });
  const sent = await until(() => at.app.interactions.find((each) => each['type'] === 'view_submission'));
  expect(sent['view']).toMatchObject({
    state: {
      values: {
        what: { text: { type: 'plain_text_input', value: 'round to cents' } },
        who: { person: { type: 'users_select', selected_user: 'U0JONAS001' } },
        how: { radio: { selected_option: { value: 'high' } } },
        tags: { tags: { selected_options: [{ value: 'low' }] } },
        also: { boxes: { selected_options: [{ value: 'high' }] } },
        by: { date: { selected_date: '2026-12-01' } },
      },
    },
  });
});

test('errors of the app stand under their fields, and what was typed stays', async () => {
  await openModal(form);
  await fill();
  at.app.answer = () => ({ response_action: 'errors', errors: { what: 'This was done already.' } });
  const asked = page.waitForResponse((response) => response.url().includes('/control/views?'));
  await page.locator('[data-modal-submit]').click();
  await eventually(() => page.locator('[data-error-for=what]').textContent()).toBe('This was done already.');
  // The page asks for the views again after a submission; that must not wipe the error.
  await asked;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  expect(await page.locator('[data-error-for=what]').textContent()).toBe('This was done already.');
  expect(await page.locator('[data-action-id=text]').inputValue()).toBe('round to cents');
  await page.getByRole('button', { name: 'Never mind' }).click();
  await page.locator('[data-dialog=modal]').waitFor({ state: 'detached' });
});

test('a view pushed onto another goes back to it, and the typed text is still there', async () => {
  await openModal(form);
  await fill();
  const details = {
    type: 'modal',
    title: words('Details'),
    blocks: [{ type: 'section', text: words('More') }],
  };
  at.app.answer = () => ({ response_action: 'push', view: details });
  await page.locator('[data-modal-submit]').click();
  await page.getByRole('heading', { name: 'Details' }).waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('heading', { name: 'Request changes' }).waitFor();
  expect(await page.locator('[data-action-id=text]').inputValue()).toBe('round to cents');
  await page.locator('[data-modal-close]').click();
  await page.locator('[data-dialog=modal]').waitFor({ state: 'detached' });
});

test('a button in a modal changes the modal, as when paging through a diff', async () => {
  const pageOf = (number: number): Json => ({
    type: 'modal',
    title: words('Diff'),
    blocks: [
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_preformatted',
            elements: [{ type: 'text', text: `@@ -1 +1 @@\n-old ${number}\n+new ${number}` }],
          },
        ],
      },
      {
        type: 'actions',
        block_id: `page-${number}`,
        elements: [{ type: 'button', action_id: 'next', text: words('Next') }],
      },
    ],
  });
  await openModal(pageOf(1));
  at.app.answer = async (payload) => {
    const view = payload['view'];
    const id = typeof view === 'object' && view !== null && 'id' in view ? String(view.id) : '';
    void at.slack('views.update', { view_id: id, view: pageOf(2) });
    return undefined;
  };
  expect(await page.locator('.diff-del').textContent()).toBe('-old 1\n');
  await page.locator('[data-dialog=modal] [data-action-id=next]').click();
  await eventually(() => page.locator('.diff-add').textContent()).toBe('+new 2\n');
  await page.keyboard.press('Escape');
  await page.locator('[data-dialog=modal]').waitFor({ state: 'detached' });
});

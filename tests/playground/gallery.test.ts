// Every state of every message, drawn by Chromium on the gallery page and held against stored outlines.
// After a change that is meant: `npm test -- tests/playground/gallery.test.ts -u`, and look at the difference.
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { galleryStates } from '../../scripts/gallery/states.ts';
import { faultsOf, outlinesOf } from './gallery-outline.ts';
import { type PageTest, startPageTest } from './page-setup.ts';

const states = galleryStates();
const groupOf = (title: string) => (title.split(':')[0] ?? '').trim();
const groups = [...new Set(states.map(({ title }) => groupOf(title)))];
const fileOf = (group: string) => `${group.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.txt`;
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const NOW = new Date('2026-11-21T12:00:00Z');

let at: PageTest;
let wide: Page;
let narrow: Page;

beforeAll(async () => {
  at = await startPageTest();
  const response = await fetch(`${at.url}/control/gallery`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ samples: states }),
  });
  if (!response.ok) throw new Error(await response.text());
  const draw = async (width: number) => {
    const page = await at.open('mira', '', {
      viewport: { width, height: 900 },
      timezoneId: 'UTC',
      locale: 'en-GB',
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    await page.clock.setFixedTime(NOW);
    // The files of samples need not exist: pictures are one white pixel, whenever they are loaded.
    await page.route('**/files/**', (route) => route.fulfill({ contentType: 'image/png', body: PIXEL }));
    await page.goto(`${at.url}/gallery`);
    await page.waitForSelector('body[data-ready]');
    return page;
  };
  [wide, narrow] = await Promise.all([draw(1280), draw(420)]);
});
afterAll(async () => at.close());

const items = (page: Page) => page.locator('.gallery-item');

describe('the gallery in the browser', () => {
  test('draws every state', async () => {
    const drawn = await items(wide).evaluateAll(outlinesOf);
    expect(drawn.map(([title]) => title)).toEqual(states.map(({ title }) => title));
    expect(drawn.filter(([, outline]) => outline === '')).toEqual([]);
  });

  test.each(groups)('%s looks as it did', async (group) => {
    const outlines = await items(wide).evaluateAll(outlinesOf);
    const own = outlines.filter(([title]) => groupOf(title) === group);
    const text = own.map(([title, outline]) => `## ${title}\n${outline}\n`).join('\n');
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'gallery', fileOf(group)));
  });

  test.each([
    ['wide', () => wide],
    ['narrow', () => narrow],
  ] as const)('nothing sticks out, hides or overlaps on a %s screen', async (_width, page) => {
    const faults = await items(page()).evaluateAll(faultsOf);
    expect(faults.filter(([, found]) => found.length > 0)).toEqual([]);
  });
});

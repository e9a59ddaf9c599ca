// The recordings, played to their end on real checkouts of the sample repo.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningModel } from '../../playground/model/server.ts';
import { startModel } from '../../playground/model/server.ts';
import type { Checkout } from './model-player.ts';
import { checkOutSample, clientFor, playTurn, request, shell } from './model-player.ts';

let model: RunningModel;
const checkouts: Checkout[] = [];

beforeAll(async () => {
  model = await startModel();
});
afterAll(async () => {
  await model.close();
  await Promise.all(checkouts.map((checkout) => checkout.remove()));
});

async function fresh(): Promise<string> {
  const checkout = await checkOutSample();
  checkouts.push(checkout);
  return checkout.dir;
}

async function checks(dir: string): Promise<number> {
  return (await shell(dir, 'npm test && npm run lint')).status;
}

async function changedFiles(dir: string): Promise<string[]> {
  const { output } = await shell(dir, 'git status --porcelain');
  return [...output.matchAll(/^.. (\S+)$/gm)]
    .map((match) => match[1] ?? '')
    .filter((path) => path !== 'code');
}

describe('the recordings for the sample repo', () => {
  it('fix the total: the failing test is seen, one line changes, and the checks pass', async () => {
    const dir = await fresh();
    expect(await checks(dir)).not.toBe(0);
    const turn = await playTurn(clientFor(model.url), dir, [request('fix the total on the cart page')]);
    expect(turn.calls.find((call) => call.name === 'shell')?.result).toContain('1390 !== 4260');
    expect(turn.calls.at(-1)?.name).toBe('update_plan');
    expect(await changedFiles(dir)).toEqual(['src/cart.js']);
    expect(await checks(dir)).toBe(0);
    expect(turn.final).toContain('$42.60');
  });

  it('fix the total a second time: the tests pass already, so nothing is edited', async () => {
    const dir = await fresh();
    const client = clientFor(model.url);
    const first = await playTurn(client, dir, [request('fix the total on the cart page')]);
    const again = await playTurn(client, dir, [
      ...first.transcript,
      request('fix the total on the cart page'),
    ]);
    expect(again.calls.some((call) => call.name === 'edit_file')).toBe(false);
    expect(again.final).toContain('I changed nothing');
  });

  it('a follow-up and requested changes build on the fix and keep the checks passing', async () => {
    const dir = await fresh();
    const client = clientFor(model.url);
    const fix = await playTurn(client, dir, [request('fix the total on the cart page')]);
    const hint = await playTurn(client, dir, [
      ...fix.transcript,
      request('also show how much is missing for free shipping'),
    ]);
    expect(hint.final).toContain('$7.40');
    expect(await readFile(join(dir, 'public/cart.html'), 'utf8')).toContain('id="free-delivery"');
    expect(await readFile(join(dir, 'test/money.test.js'), 'utf8')).toContain(
      'missingForFreeDelivery(4260), 740',
    );
    await playTurn(client, dir, [
      ...hint.transcript,
      request("make the total larger and label it 'Total to pay'", 'Jonas'),
    ]);
    expect(await readFile(join(dir, 'public/cart.html'), 'utf8')).toContain('<dt>Total to pay</dt>');
    expect(await checks(dir)).toBe(0);
  });

  it('a question is answered with lines that hold what the answer says, and changes nothing', async () => {
    const dir = await fresh();
    const { final } = await playTurn(clientFor(model.url), dir, [request('where is the total computed?')]);
    expect(await changedFiles(dir)).toEqual([]);
    const named: Record<string, string> = {
      'src/cart.js:31': 'function cartTotal',
      'src/cart.js:6': 'function cartLines',
      'src/cart.js:21': 'function lineTotal',
      'src/catalog.js:3': 'products = [',
      'public/cart-page.js:32': 'cartTotal(lines)',
      'public/cart-page.js:37': '#total',
      'src/money.js:4': 'function formatMoney',
    };
    const references = [...final.matchAll(/`([\w./-]+\.js):(\d+)`/g)];
    expect(references.map(([, path, line]) => `${path}:${line}`).sort()).toEqual(Object.keys(named).sort());
    for (const [, path = '', line] of references) {
      const text = (await readFile(join(dir, path), 'utf8')).split('\n')[Number(line) - 1];
      expect(text).toContain(named[`${path}:${line}`]);
    }
  });
});

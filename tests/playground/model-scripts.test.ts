// The recordings, played to their end on real checkouts of the sample repo.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledScriptsDir, loadScripts } from '../../playground/model/library.ts';
import type { RunningModel } from '../../playground/model/server.ts';
import { startModel } from '../../playground/model/server.ts';
import { loggedRequests } from './model-control.ts';
import type { Checkout } from './model-player.ts';
import { checkOutSample, clientFor, playTurn, request, shell, toolArguments, tools } from './model-player.ts';

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

/** A clone whose total is right already. */
async function fixed(): Promise<string> {
  const dir = await fresh();
  await shell(dir, "sed -i 's/total += line.unitPriceCents;/total += lineTotal(line);/' src/cart.js");
  return dir;
}

describe('every recording', () => {
  it('calls only tools that the product has, with arguments they take', async () => {
    const calls = (await loadScripts([bundledScriptsDir])).flatMap((script) =>
      script.steps
        .flat()
        .flatMap((answer) => (answer.tools ?? []).map((tool) => ({ script: script.name, tool }))),
    );
    expect(calls.length).toBeGreaterThan(50);
    for (const { script, tool } of calls) {
      const schema = Object.entries(toolArguments).find(([name]) => name === tool.name)?.[1];
      expect(schema?.safeParse(tool.arguments).error, `${script}: ${tool.name}`).toBeUndefined();
      expect(schema, `${script}: ${tool.name}`).toBeDefined();
    }
  });

  it('answers the request that it names as its example', async () => {
    const scripts = (await loadScripts([bundledScriptsDir])).filter((script) => script.example !== undefined);
    expect(scripts.length).toBeGreaterThanOrEqual(8);
    for (const script of scripts) {
      await clientFor(model.url).responses.create({
        model: 'm',
        input: [request(script.example ?? '')],
        tools,
      });
      const [last] = (await loggedRequests(model.url)).slice(-1);
      expect(last?.script).toBe(script.name);
    }
  });
});

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

  it('the alert of the local workspace is looked into without a change, and mended in the way that was proposed', async () => {
    const dir = await fixed();
    const client = clientFor(model.url);
    const asked = {
      role: 'user' as const,
      content: `<alert>TypeError: Invalid URL</alert>\n<request from="a">Find out what causes this alert.</request>`,
    };
    const before = await changedFiles(dir);
    const looked = await playTurn(client, dir, [asked]);
    expect(await changedFiles(dir)).toEqual(before);
    expect(looked.calls.at(-1)?.result).toContain('Invalid URL');
    const [, line = ''] = /`server\.js:(\d+)`/.exec(looked.final) ?? [];
    expect((await readFile(join(dir, 'server.js'), 'utf8')).split('\n')[Number(line) - 1]).toContain(
      'new URL',
    );
    const fix = request('Fix the cause that you found, in the way that you proposed.');
    await playTurn(client, dir, [...looked.transcript, fix]);
    expect(await changedFiles(dir)).toEqual([...before, 'server.js', 'test/server.test.js'].toSorted());
    expect(await checks(dir)).toBe(0);
  });

  it('a plan that is asked for first changes nothing before Go', async () => {
    const dir = await fixed();
    const client = clientFor(model.url);
    const content = `<request from="a">the basket badge should count pieces</request>\n<how>A plan is asked for first.</how>`;
    const planned = await playTurn(client, dir, [{ role: 'user', content }]);
    expect(planned.final).toContain('1. `src/basket.js`');
    expect(planned.calls.map(({ name }) => name)).toEqual(['search', 'read_file', 'read_file']);
    const go = { role: 'user' as const, content: 'Go: carry the plan out.' };
    expect((await playTurn(client, dir, [...planned.transcript, go])).final).toContain('As planned');
    expect(await checks(dir)).toBe(0);
  });

  it('two more small changes fit beside the fix and keep the checks passing', async () => {
    const dir = await fixed();
    const client = clientFor(model.url);
    await playTurn(client, dir, [request('the checkout button should say what it does')]);
    await playTurn(client, dir, [request('the basket badge should count pieces')]);
    expect(await checks(dir)).toBe(0);
    expect((await shell(dir, 'npm test')).output).toContain('the size of a basket counts pieces');
  });

  it('a quick fix ends with failing checks, and the round after it repairs them', async () => {
    const dir = await fresh();
    const client = clientFor(model.url);
    const first = await playTurn(client, dir, [request('quick fix for the total, please')]);
    expect(await checks(dir)).not.toBe(0);
    const failed: ResponseInputItem = {
      role: 'user',
      content: 'The checks failed. tests: NaN !== 4260 (fix the total)',
    };
    const second = await playTurn(client, dir, [...first.transcript, failed]);
    expect(second.final).toContain('the checks caught it');
    expect(await checks(dir)).toBe(0);
  });

  it('prices without cents break another test first, and are repaired', async () => {
    const dir = await fixed();
    expect(await checks(dir)).toBe(0);
    const client = clientFor(model.url);
    const first = await playTurn(client, dir, [request('show round prices without cents')]);
    expect((await shell(dir, 'npm test')).output).toContain('cents are shown as dollars with two decimals');
    expect(await checks(dir)).not.toBe(0);
    await playTurn(client, dir, [
      ...first.transcript,
      { role: 'user', content: '<checks>1 of 2 failed</checks>' },
    ]);
    expect(await checks(dir)).toBe(0);
  });

  it('renaming the shop asks for the name and uses the answer', async () => {
    const dir = await fixed();
    const asking = [request('please rename the shop')];
    const turn = await playTurn(clientFor(model.url), dir, asking, { ask_user: 'Mira: Golden Crumb' });
    expect(turn.calls.map((call) => call.name)).toEqual(['search', 'ask_user', 'shell', 'shell']);
    expect(await readFile(join(dir, 'public/index.html'), 'utf8')).toContain('<title>Golden Crumb,');
    expect(await changedFiles(dir)).toEqual(
      expect.arrayContaining(['public/cart.html', 'test/server.test.js']),
    );
    expect(await checks(dir)).toBe(0);
  });

  it('renaming the shop changes nothing when the answer is to keep it', async () => {
    const dir = await fresh();
    const asking = [request('please rename the shop')];
    const turn = await playTurn(clientFor(model.url), dir, asking, { ask_user: 'Keep Brightloaf' });
    expect(turn.final).toContain('I changed nothing');
    expect(await changedFiles(dir)).toEqual([]);
  });

  it('looking at the cart clicks something that is on the page', async () => {
    const dir = await fresh();
    const turn = await playTurn(
      clientFor(model.url),
      dir,
      [request('look at the cart page, what do you see?')],
      {
        shell: 'ok',
        browser: 'ok',
      },
    );
    const click = turn.calls.find((call) => call.args.action === 'click');
    const label = /aria-label="One more: (.*)"/.exec(String(click?.args.selector))?.[1];
    expect(await readFile(join(dir, 'src/catalog.js'), 'utf8')).toContain(`name: '${label}'`);
    expect(await readFile(join(dir, 'public/cart-page.js'), 'utf8')).toContain('One more');
  });

  it('a judge gets a verdict as JSON, whatever the change', async () => {
    const verdict = await clientFor(model.url).responses.create({
      model: 'm',
      instructions: 'You are a strict reviewer of changes.',
      input: 'Request: fix the total on the cart page. Diff: ...',
    });
    expect(JSON.parse(verdict.output_text)).toEqual({ verdict: 'pass', reasons: [] });
  });
});

describe('the recordings of awkward cases', () => {
  it('a stamp puts a binary file into the diff, and the checks pass', async () => {
    const dir = await fresh();
    await playTurn(clientFor(model.url), dir, [request('add a stamp picture')]);
    const { output } = await shell(dir, 'git add -A && git diff --cached --numstat');
    expect(output).toContain('-\t-\tpublic/pictures/stamp.png');
    expect(await checks(dir)).toBe(0);
  });

  it('the ledger prints more than 300 KB and changes nothing', async () => {
    const dir = await fresh();
    const turn = await playTurn(clientFor(model.url), dir, [request('print the whole ledger')]);
    expect(turn.calls[0]?.result.length).toBeGreaterThan(300_000);
    expect(await changedFiles(dir)).toEqual([]);
  });

  it('two labels for the total conflict in exactly one file', async () => {
    const dir = await fresh();
    await shell(dir, 'git config user.name T && git config user.email t@example.com');
    for (const label of ['Sum', 'Amount due']) {
      await shell(dir, `git checkout -q -b ${label.split(' ')[0]} origin/main`);
      await playTurn(clientFor(model.url), dir, [request(`label the total as ${label}`)]);
      expect(await checks(dir)).toBe(0);
      await shell(dir, 'git commit -qam label');
    }
    const merged = await shell(dir, 'git merge Sum');
    expect(merged.status).not.toBe(0);
    expect((await shell(dir, 'git diff --name-only --diff-filter=U')).output).toMatch(
      /^public\/cart\.html\n/,
    );
  });

  it('the test for the dough never ends by itself', async () => {
    const dir = await fresh();
    await playTurn(clientFor(model.url), dir, [request('wait for the dough')]);
    const { status } = await shell(dir, 'timeout 5 node --test test/dough.test.js');
    expect(status).toBe(124);
  });

  it('taking its time leaves one line per step', async () => {
    const dir = await fresh();
    const turn = await playTurn(clientFor(model.url), dir, [request('take your time')], { shell: 'ok' });
    const lines = turn.calls.slice(1).map((call) => String(call.args.command));
    expect(lines).toEqual(
      Array.from({ length: 12 }, (_, index) => `sleep 1; echo step ${index + 1} >> steps.txt`),
    );
  });

  it('the giant painting is code that parses', async () => {
    const dir = await fresh();
    await playTurn(clientFor(model.url), dir, [request('hang a giant painting')]);
    expect(await readFile(join(dir, 'public/cart-page.js'), 'utf8')).toContain('painting.height = 12000');
    expect(await checks(dir)).toBe(0);
  });
});

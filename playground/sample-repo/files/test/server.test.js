import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createShop } from '../server.js';

const shop = createShop();
let origin = '';

before(async () => {
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  origin = `http://127.0.0.1:${shop.address().port}`;
});
after(() => shop.close());

for (const [path, title] of [
  ['/', 'Brightloaf'],
  ['/cart', 'Your cart'],
]) {
  test(`${path} is served with everything it links to`, async () => {
    const response = await fetch(origin + path);
    assert.equal(response.status, 200);
    const html = await response.text();
    assert.ok(html.includes(title));
    const links = [...html.matchAll(/(?:src|href)="(\/(?:public|src)\/[^"]+)"/g)].map((match) => match[1]);
    assert.ok(links.length > 0);
    for (const link of links) {
      assert.equal((await fetch(origin + link)).status, 200, link);
    }
  });
}

test('files outside the shop are not served', async () => {
  for (const path of ['/package.json', '/public/../package.json', '/src/..%2f..%2fetc/passwd', '/nothing']) {
    assert.equal((await fetch(origin + path)).status, 404, path);
  }
});

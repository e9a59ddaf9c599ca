// Serves the shop: the pages in public/ and the modules in src/ that they use.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

const contentTypes = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const pages = { '/': 'public/index.html', '/cart': 'public/cart.html' };

/** The file that answers a path, or undefined if the shop has none there. */
function fileFor(path) {
  if (Object.hasOwn(pages, path)) {
    return pages[path];
  }
  const wanted = normalize(path).slice(1);
  return wanted.startsWith('public/') || wanted.startsWith('src/') ? wanted : undefined;
}

/** The shop as an HTTP server that does not listen yet. */
export function createShop() {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://shop');
    const file = fileFor(pathname);
    const type = file && contentTypes[extname(file)];
    try {
      if (!type) {
        throw new Error(`nothing at ${pathname}`);
      }
      const body = await readFile(join(root, file));
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('We do not bake that.');
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.env.PORT ?? 3000);
  createShop().listen(port, () => console.log(`Brightloaf is open on http://localhost:${port}`));
}

// The web pages: static files of playground/page, the gallery, and the page itself for every other path that is
// not a file.
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sendText } from './http-body.ts';

const PAGE_DIR = join(dirname(fileURLToPath(import.meta.url)), '../..', 'page');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
};

export async function servePage(path: string, response: ServerResponse): Promise<void> {
  const page = path === '/gallery' ? 'gallery.html' : 'index.html';
  const wanted = extname(path) === '' ? page : decodeURIComponent(path.slice(1));
  const file = normalize(join(PAGE_DIR, wanted));
  const type = TYPES[extname(file)];
  const bytes = file.startsWith(PAGE_DIR + sep) && type !== undefined ? await readIfThere(file) : undefined;
  if (bytes === undefined || type === undefined) {
    sendText(response, 404, 'not found');
    return;
  }
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-cache',
  });
  response.end(bytes);
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch {
    return undefined;
  }
}

// The bytes of files: where uploads go, and where the app downloads with its token.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { storeUpload } from '../methods/files.ts';
import type { FileRecord } from '../records/records.ts';
import { BadRequest, readFields, sendText } from '../wire/http-body.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { bearer } from './web-api.ts';

/** POST /upload/v1/TICKET: the bytes, raw or as the one file of a multipart form. */
export async function takeUpload(
  ws: Workspace,
  ticket: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = Object.values(ws.state.files).find((candidate) => candidate.upload_ticket === ticket);
  if (request.method !== 'POST' || file === undefined) {
    request.resume();
    sendText(response, 404, 'no such upload');
    return;
  }
  const { files, raw } = await readFields(request);
  const bytes = files[0]?.bytes ?? raw;
  if (bytes.length !== file.size) {
    throw new BadRequest(400, `expected ${file.size} bytes, got ${bytes.length}`);
  }
  await storeUpload(ws, file, bytes);
  sendText(response, 200, `OK - ${bytes.length}`);
}

/** GET /files-pri/TEAM-FILE/NAME: needs the bot token; without it Slack redirects to a log-in page. */
export async function servePrivateFile(
  ws: Workspace,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (bearer(request) !== ws.state.app.bot_token) {
    response.writeHead(302, { location: `${ws.baseUrl}/?redir=${encodeURIComponent(path)}` });
    response.end();
    return;
  }
  const id = /^\/files-pri\/(?:[A-Z0-9]+-)?(F[A-Z0-9]+)/.exec(path)?.[1] ?? '';
  await serveBytes(ws, ws.state.files[id], response);
}

/** Sends a stored file, or 404 while there is nothing to send. */
export async function serveBytes(
  ws: Workspace,
  file: FileRecord | undefined,
  response: ServerResponse,
): Promise<void> {
  if (file?.stored_as === undefined) {
    sendText(response, 404, 'file not found');
    return;
  }
  const bytes = await ws.services.store.readFileBytes(file.stored_as);
  response.writeHead(200, {
    'content-type': safeType(file.mimetype),
    'content-length': bytes.length,
    etag: createHash('sha1').update(bytes).digest('hex'),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  });
  response.end(bytes);
}

/** What an app uploads must not become a page of this origin. */
function safeType(mimetype: string): string {
  const inline = /^(image\/(png|gif|jpeg|webp)|video\/|application\/pdf|text\/plain)/.test(mimetype);
  if (inline) return mimetype;
  return mimetype.startsWith('text/') ? 'text/plain; charset=utf-8' : 'application/octet-stream';
}

// Reading requests and writing answers: the three body encodings the Web API accepts, and JSON for the
// control API.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dict } from '../records/records.ts';
import { isDict } from './args.ts';

const MAX_BODY_BYTES = 160 * 1024 * 1024;

/** Thrown when a request cannot be read; `status` is what to answer. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'BadRequest';
    this.status = status;
  }
}

export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request) {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(part);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) throw new BadRequest(413, 'the body is too large');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

export interface UploadedPart {
  filename: string;
  bytes: Buffer;
}

/** The fields of a form or JSON body; files of a multipart body apart. */
export async function readFields(
  request: IncomingMessage,
): Promise<{ fields: Dict; files: UploadedPart[]; raw: Buffer }> {
  const raw = await readBytes(request);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) return { ...(await readMultipart(raw, type)), raw };
  if (type.startsWith('application/json')) return { fields: parseJsonObject(raw), files: [], raw };
  if (type === '' || type.startsWith('application/x-www-form-urlencoded')) {
    return { fields: Object.fromEntries(new URLSearchParams(raw.toString('utf8'))), files: [], raw };
  }
  return { fields: {}, files: [], raw };
}

async function readMultipart(raw: Buffer, type: string): Promise<{ fields: Dict; files: UploadedPart[] }> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
  } catch {
    throw new BadRequest(400, 'the multipart body cannot be read');
  }
  const fields: Dict = {};
  const files: UploadedPart[] = [];
  for (const [name, value] of form.entries()) {
    if (typeof value === 'string') fields[name] = value;
    else files.push({ filename: value.name, bytes: Buffer.from(await value.arrayBuffer()) });
  }
  return { fields, files };
}

export function parseJsonObject(raw: Buffer): Dict {
  if (raw.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8'));
  } catch {
    throw new BadRequest(400, 'the body is not JSON');
  }
  if (!isDict(value)) throw new BadRequest(400, 'the body must be a JSON object');
  return value;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

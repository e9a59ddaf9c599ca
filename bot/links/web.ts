// A link that a rule is for: what the tracker says of it. A failure is told to the agent and holds nothing up.
import { type ReadyRule, requestsFor } from './rules.ts';

const TIMEOUT_MS = 10_000;
const BODY_MAX_BYTES = 1024 * 1024;
const TEXT_MAX_CHARS = 8_000;

/** What a link leads to; null where no rule is for it. Never throws. */
export async function readWebLink(rules: readonly ReadyRule[], link: string): Promise<string | null> {
  for (const rule of rules) {
    const addresses = requestsFor(rule, link);
    if (addresses.length === 0) continue;
    const parts = await Promise.all(addresses.map((address) => ask(rule, address)));
    return parts.join('\n\n').slice(0, TEXT_MAX_CHARS).toWellFormed();
  }
  return null;
}

async function ask({ headers, fields }: ReadyRule, address: string): Promise<string> {
  try {
    const response = await fetch(address, {
      headers: { accept: 'application/json', 'user-agent': 'threadsmith', ...headers },
      // A credential does not follow to another place.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return `It could not be read: HTTP ${response.status}.`;
    }
    return chosen(await bounded(response), fields);
  } catch (error) {
    const reason = error instanceof DOMException ? 'no answer in time' : 'no connection';
    return `It could not be read: ${reason}.`;
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > BODY_MAX_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, BODY_MAX_BYTES).toString('utf8');
}

function chosen(body: string, fields: readonly string[]): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  if (fields.length === 0) return JSON.stringify(value, null, 1);
  return fields
    .map((field) => [field, at(value, field.split('.'))] as const)
    .filter(([, found]) => found !== undefined && found !== null)
    .map(([field, found]) => `${field}: ${typeof found === 'string' ? found : JSON.stringify(found)}`)
    .join('\n');
}

/** Of a list, the field of each of its entries. */
function at(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || value === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((entry: unknown) => at(entry, path));
  if (typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
  return at(Reflect.get(value, name), rest);
}

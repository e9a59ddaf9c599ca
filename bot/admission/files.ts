// Files of a request come over from Slack into the artifact store, from where the worker gives them to the agent.
// What is too large or not Slack's to give is said in a sentence, and the work goes on without it.
import { randomUUID } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { ThreadsmithError } from '../../core/errors.ts';
import { ArtifactRow } from '../../db/entities/log.ts';
import type { AttachedFile, SlackFile, TurnDetails } from '../../db/entities/session.ts';
import type { ContentStore } from '../../db/log/artifacts.ts';
import type { EntityManager } from '../../db/schema/database.ts';

/** Files whose content is in the store already, and whose artifacts `keepFiles` writes. */
export interface FetchedFiles {
  readonly files: readonly (AttachedFile & { readonly storeKey: string })[];
  /** What was left out, a sentence each. */
  readonly left: readonly string[];
}

const MB = 1024 * 1024;
const FILE_MAX_BYTES = 20 * MB;
const ALL_MAX_BYTES = 50 * MB;
const FILES_MAX = 10;
const TIMEOUT_MS = 30_000;

/** Fetches files with the app's token. Throws `slack_unreachable` where trying again can help. */
export async function fetchFiles(
  client: WebClient,
  content: ContentStore,
  wanted: readonly SlackFile[],
): Promise<FetchedFiles> {
  const files: FetchedFiles['files'][number][] = [];
  const left: string[] = [];
  let room = ALL_MAX_BYTES;
  for (const [index, file] of wanted.entries()) {
    const why = refusalOf(client, file, index, room);
    if (why !== null) {
      left.push(`${file.name} was left out: ${why}.`);
      continue;
    }
    const bytes = await download(client, file);
    if (bytes === null) {
      left.push(`${file.name} was left out: Slack did not give its content.`);
      continue;
    }
    room -= bytes.byteLength;
    const { name, mimeType, from } = file;
    const storeKey = await content.put(bytes);
    files.push({
      artifactId: randomUUID(),
      storeKey,
      name,
      mimeType,
      sizeBytes: bytes.byteLength,
      ...(from === undefined ? {} : { from }),
    });
  }
  return { files, left };
}

/** Keeps fetched files as artifacts of their turn. */
export async function keepFiles(
  em: EntityManager,
  turn: { readonly id: string; readonly sessionId: string },
  fetched: FetchedFiles,
): Promise<TurnDetails> {
  const files: AttachedFile[] = [];
  for (const { storeKey, ...file } of fetched.files) {
    await em.insert(ArtifactRow, {
      id: file.artifactId,
      sessionId: turn.sessionId,
      turnId: turn.id,
      kind: file.mimeType.startsWith('image/') ? 'image' : 'file',
      name: file.name,
      mimeType: file.mimeType,
      sizeBytes: file.sizeBytes,
      altText: file.name,
      storeKey,
      slackFileId: null,
      createdAt: new Date(),
    });
    files.push(file);
  }
  return {
    ...(files.length === 0 ? {} : { files }),
    ...(fetched.left.length === 0 ? {} : { filesLeft: fetched.left }),
  };
}

function refusalOf(client: WebClient, file: SlackFile, index: number, room: number): string | null {
  if (index >= FILES_MAX) return `a request takes ${FILES_MAX} files`;
  if (file.url === null || !isSlacks(client, file.url)) return 'it is not kept in Slack';
  const size = file.sizeBytes ?? 0;
  if (size > FILE_MAX_BYTES)
    return `it has ${Math.ceil(size / MB)} MB, and ${FILE_MAX_BYTES / MB} MB is the most`;
  return size > room ? `all files together may have ${ALL_MAX_BYTES / MB} MB` : null;
}

/** Whether an address is of Slack's own file server: the app's token goes to no other. */
function isSlacks(client: WebClient, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  if (origin === new URL(client.slackApiUrl).origin) return true;
  return protocol === 'https:' && (hostname === 'slack.com' || hostname.endsWith('.slack.com'));
}

/** Null where Slack refuses it: the file was deleted, or the app may not see it. */
async function download(client: WebClient, file: SlackFile): Promise<Uint8Array | null> {
  try {
    const response = await fetch(file.url ?? '', {
      headers: { authorization: `Bearer ${client.token ?? ''}` },
      // Without the right to it, Slack leads to its page for signing in.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`);
    const isPage =
      response.headers.get('content-type')?.startsWith('text/html') && file.mimeType !== 'text/html';
    if (!response.ok || isPage === true || response.body === null) {
      await response.body?.cancel();
      return null;
    }
    return await bounded(response.body);
  } catch (cause) {
    throw new ThreadsmithError(
      'slack_unreachable',
      'Slack does not give a file.',
      'Nothing to do: it is tried again.',
      { retry: 'later', cause },
    );
  }
}

/** What Slack said of the size is not relied on. */
async function bounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > FILE_MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

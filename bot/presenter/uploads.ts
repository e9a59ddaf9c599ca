// Files to Slack: screenshots without a channel, so that a message can show them as blocks, and files that the
// agent gives to people straight into their thread.
// https://docs.slack.dev/messaging/working-with-files#upload
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Artifact } from '../../core/artifact.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { ArtifactRow } from '../../db/entities/log.ts';
import { type ContentStore, readArtifact } from '../../db/log/artifacts.ts';
import type { Database } from '../../db/schema/database.ts';
import { teamOfArtifact } from '../../db/slack/installations.ts';
import { CALL_TIMEOUT_MS, patiently } from '../slack/calls.ts';
import type { Workspaces } from '../slack/workspaces.ts';

export interface Uploaded {
  /** Slack's file id for each artifact that Slack can show. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether more are on their way; those that failed for good are neither. */
  readonly pending: boolean;
}

export interface Uploads {
  /** What of these artifacts is in Slack; the upload of the others is started. */
  ask(artifactIds: readonly string[]): Promise<Uploaded>;
  /** Starts to share these artifacts in a thread, those that are not in Slack yet. */
  give(artifactIds: readonly string[], thread: UploadThread): Promise<void>;
  /** Waits for uploads under way. */
  close(): Promise<void>;
}

export interface UploadThread {
  readonly channelId: string;
  readonly threadTs: string;
}

const AT_ONCE = 3;
const TRIES = 3;
const PAUSE_MS = 1_000;
/** Slack looks a file over after the upload; until then a message that shows it is refused. */
const READY_AFTER_MS: readonly number[] = [100, 200, 400, 800, 1_600, 3_000, 5_000, 8_000, 10_000];

const ticketSchema = z.object({ upload_url: z.url(), file_id: z.string() });
const infoSchema = z.object({ file: z.object({ mimetype: z.string().optional() }) });

/** Uploads artifacts and calls `onChange` when one is done or given up. */
export function openUploads(
  database: Database,
  content: ContentStore,
  workspaces: Workspaces,
  onChange: () => void,
  log: Log,
): Uploads {
  const underway = new Map<string, Promise<void>>();
  const failed = new Set<string>();
  const queue: string[] = [];
  /** Where files go that people get by themselves, not as a part of a message. */
  const threads = new Map<string, UploadThread>();

  const startMore = (): void => {
    while (underway.size < AT_ONCE) {
      const id = queue.shift();
      if (id === undefined) return;
      const work = upload(id).finally(() => {
        underway.delete(id);
        startMore();
        onChange();
      });
      underway.set(id, work);
    }
  };

  const upload = async (artifactId: string): Promise<void> => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        // An earlier request may have uploaded it meanwhile.
        const row = await database.em().findOne(ArtifactRow, { id: artifactId });
        if (typeof row?.slackFileId === 'string') return;
        const { artifact, content: bytes } = await readArtifact(database.em(), content, artifactId);
        const keep = async (slackFileId: string): Promise<void> => {
          await database.em().nativeUpdate(ArtifactRow, { id: artifactId }, { slackFileId });
        };
        const { client } = await workspaces.of(await teamOfArtifact(database.em(), artifactId));
        await uploadOnce(client, artifact, bytes, threads.get(artifactId), keep);
        return;
      } catch (error) {
        log.warn('a file could not be uploaded', { artifactId, attempt, error });
        const hopeless = error instanceof ThreadsmithError && error.retry === 'never';
        if (hopeless) break;
        await sleep(PAUSE_MS * attempt);
      }
    }
    failed.add(artifactId);
  };

  return {
    ask: async (artifactIds) => {
      const rows = await database.em().find(ArtifactRow, { id: { $in: [...artifactIds] } });
      const files: Record<string, string> = {};
      for (const { id, slackFileId } of rows) {
        if (typeof slackFileId === 'string') files[id] = slackFileId;
        else if (!failed.has(id) && !underway.has(id) && !queue.includes(id)) queue.push(id);
      }
      startMore();
      const pending = artifactIds.some((id) => underway.has(id) || queue.includes(id));
      return { files, pending };
    },
    give: async (artifactIds, thread) => {
      const rows = await database.em().find(ArtifactRow, { id: { $in: [...artifactIds] } });
      for (const { id, slackFileId } of rows) {
        const isKnown = typeof slackFileId === 'string' || failed.has(id) || underway.has(id);
        if (isKnown || queue.includes(id)) continue;
        threads.set(id, thread);
        queue.push(id);
      }
      startMore();
    },
    close: async () => {
      queue.length = 0;
      await Promise.all(underway.values());
    },
  };
}

/** Calls `keep` with Slack's id of the file: at once for one that stands in a thread, lest it comes there twice. */
async function uploadOnce(
  client: WebClient,
  artifact: Artifact,
  bytes: Uint8Array,
  thread: UploadThread | undefined,
  keep: (slackFileId: string) => Promise<void>,
): Promise<void> {
  const ticket = ticketSchema.parse(
    await patiently(() =>
      client.files.getUploadURLExternal({
        filename: artifact.name,
        length: bytes.byteLength,
        alt_text: artifact.altText.slice(0, 1_000) || artifact.name,
      }),
    ),
  );
  const sent = await fetch(ticket.upload_url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
    signal: AbortSignal.timeout(4 * CALL_TIMEOUT_MS),
  });
  await sent.body?.cancel();
  if (!sent.ok) throw notTaken(`HTTP ${sent.status}`);
  const file = { id: ticket.file_id, title: thread === undefined ? artifact.name : artifact.altText };
  const shared = thread === undefined ? {} : { channel_id: thread.channelId, thread_ts: thread.threadTs };
  await patiently(() => client.files.completeUploadExternal({ files: [file], ...shared }));
  if (thread !== undefined) return keep(ticket.file_id);
  for (const waitMs of READY_AFTER_MS) {
    const info = await patiently(() => client.files.info({ file: ticket.file_id }));
    if (infoSchema.parse(info).file.mimetype) return keep(ticket.file_id);
    await sleep(waitMs);
  }
  throw notTaken('it was not ready in time');
}

function notTaken(reason: string): ThreadsmithError {
  return new ThreadsmithError(
    'slack_unreachable',
    `Slack did not take a file: ${reason}.`,
    'Nothing to do: it is tried again.',
    { retry: 'later' },
  );
}

// files.*: Slack's upload in three steps, of which the last one answers before the file is ready.

import { makeId, randomHex } from '../records/ids.ts';
import type { Channel, Dict, FileRecord } from '../records/records.ts';
import type { Args } from '../wire/args.ts';
import { sniffFile } from '../wire/file-types.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { postMessage } from '../workspace/messages.ts';
import { renderFile } from '../workspace/rendering.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { ownAuthor } from './chat.ts';
import { readContent } from './content.ts';
import { findChannel, type Method, threadRoot } from './method.ts';

/** Slack scans an upload before it shows it; about this long here. */
const SCAN_MS = 300;

export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': { tier: 'T4', scopes: ['files:write'], token: 'bot', run: getUploadUrl },
  'files.completeUploadExternal': { tier: 'T4', scopes: ['files:write'], token: 'bot', run: complete },
  'files.info': { tier: 'T4', scopes: ['files:read'], token: 'bot', run: info },
  'files.delete': { tier: 'T3', scopes: ['files:write'], token: 'bot', run: remove },
};

function getUploadUrl(ws: Workspace, args: Args): Dict {
  const size = args.number('length');
  if (size === undefined || !Number.isInteger(size) || size < 1) throw new SlackRefusal('invalid_arguments');
  const file = reserveFile(ws, args.required('filename'), size, ws.state.app.bot_user_id);
  file.alt_text = args.text('alt_text') ?? args.text('alt_txt');
  return { upload_url: `${ws.baseUrl}/upload/v1/${file.upload_ticket}`, file_id: file.id };
}

export function reserveFile(ws: Workspace, name: string, sizeBytes: number, user: string): FileRecord {
  const file: FileRecord = {
    id: makeId('F'),
    name,
    title: name,
    size: sizeBytes,
    user,
    created: Math.floor(Date.now() / 1000),
    upload_ticket: randomHex(16),
    phase: 'reserved',
    mimetype: '',
    filetype: '',
    shares: [],
  };
  ws.state.files[file.id] = file;
  ws.changed();
  return file;
}

/** Keeps the bytes of a reserved file and finds out what they are. */
export async function storeUpload(ws: Workspace, file: FileRecord, bytes: Buffer): Promise<void> {
  const storedAs = file.id;
  await ws.services.store.writeFileBytes(storedAs, bytes);
  const kind = sniffFile(file.name, bytes);
  Object.assign(file, kind, { stored_as: storedAs, upload_ticket: undefined, phase: 'uploaded' });
  ws.changed();
}

function complete(ws: Workspace, args: Args): Dict {
  const wanted = args.objects('files', 'invalid_arguments') ?? [];
  if (wanted.length === 0) throw new SlackRefusal('invalid_arguments');
  const files = wanted.map(({ id, title }) => {
    const file = typeof id === 'string' ? ws.state.files[id] : undefined;
    if (file === undefined || file.phase !== 'uploaded') throw new SlackRefusal('file_not_found');
    if (typeof title === 'string' && title !== '') file.title = title;
    return file;
  });
  const share = shareTarget(ws, args);
  for (const file of files) file.phase = 'scanning';
  ws.changed();
  ws.services.timers.after(ws.services.timers.scaled(SCAN_MS), () => finish(ws, files, share));
  return { files: files.map((file) => renderFile(ws, file)) };
}

interface ShareTarget {
  channels: Channel[];
  threadTs: string | undefined;
  text: string;
  blocks: Dict[] | undefined;
}

function shareTarget(ws: Workspace, args: Args): ShareTarget {
  const ids = [args.text('channel_id'), ...(args.text('channels') ?? '').split(',')].filter((id) => id);
  const channels = ids.map((id) => {
    const channel = findChannel(ws, id);
    if (channel.is_archived === true) throw new SlackRefusal('is_archived');
    if (!ws.appIsIn(channel)) throw new SlackRefusal('not_in_channel');
    return channel;
  });
  const threadTs = args.text('thread_ts');
  if (threadTs !== undefined && channels.length !== 1) throw new SlackRefusal('invalid_arguments');
  for (const channel of channels) threadRoot(ws, channel, threadTs);
  const text = args.text('initial_comment') ?? '';
  const blocks = args.has('blocks') ? readContent(ws, args).blocks : undefined;
  if (text !== '' && blocks !== undefined) throw new SlackRefusal('invalid_arguments');
  return { channels, threadTs, text, blocks };
}

function finish(ws: Workspace, files: FileRecord[], share: ShareTarget): void {
  for (const file of files) file.phase = 'ready';
  for (const channel of share.channels) {
    const { message } = postMessage(ws, channel, {
      ...ownAuthor(ws),
      text: share.text,
      blocks: share.blocks,
      thread_ts: share.threadTs,
      upload: true,
      file_ids: files.map((file) => file.id),
    });
    for (const file of files)
      file.shares.push({ channel: channel.id, ts: message.ts, thread_ts: message.thread_ts });
  }
  ws.changed();
}

function info(ws: Workspace, args: Args): Dict {
  const file = findFile(ws, args);
  return { file: renderFile(ws, file), comments: [], response_metadata: { next_cursor: '' } };
}

async function remove(ws: Workspace, args: Args): Promise<Dict> {
  const file = findFile(ws, args);
  if (file.user !== ws.state.app.bot_user_id) throw new SlackRefusal('cant_delete_file');
  delete ws.state.files[file.id];
  if (file.stored_as !== undefined) await ws.services.store.removeFileBytes(file.stored_as);
  ws.changed();
  return {};
}

function findFile(ws: Workspace, args: Args): FileRecord {
  const file = ws.state.files[args.required('file', 'file_not_found')];
  if (file === undefined || file.phase === 'reserved') throw new SlackRefusal('file_not_found');
  return file;
}

/** The upload method of people and other bots through the control API: no scan, no channel check. */
export async function addReadyFile(
  ws: Workspace,
  name: string,
  bytes: Buffer,
  user: string,
  mimetype?: string,
): Promise<FileRecord> {
  const file = reserveFile(ws, name, bytes.length, user);
  await storeUpload(ws, file, bytes);
  file.phase = 'ready';
  if (mimetype !== undefined) file.mimetype = mimetype;
  return file;
}

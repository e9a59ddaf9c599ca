// Response URLs, and what an ack may carry: both let an app answer an interaction with a message.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownAuthor } from '../methods/chat.ts';
import { readContent } from '../methods/content.ts';
import type { Channel, Dict } from '../records/records.ts';
import type { ResponseTarget } from '../records/tickets.ts';
import { Args } from '../wire/args.ts';
import { parseJsonObject, readBytes, sendJson, sendText } from '../wire/http-body.ts';
import { SlackRefusal } from '../wire/refusal.ts';
import { changeMessage, deleteMessage, postMessage } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';

/** POST /actions/…: five uses within thirty minutes, no token. */
export async function handleResponseUrl(
  ws: Workspace,
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = parseJsonObject(await readBytes(request));
  const target = ws.services.responseUrls.use(id);
  if (target === 'expired_url' || target === 'used_url') {
    sendJson(response, 404, { ok: false, error: target });
    return;
  }
  try {
    respond(ws, target, body);
    ws.services.journal.call({ method: 'response_url', args: body, ok: true, status: 200 });
    sendText(response, 200, 'ok');
  } catch (error) {
    if (!(error instanceof SlackRefusal)) throw error;
    ws.services.journal.call({
      method: 'response_url',
      args: body,
      ok: false,
      error: error.slackError,
      status: 500,
    });
    sendJson(response, 500, { ok: false, error: error.slackError, ...error.detail });
  }
}

/** Does what the body asks: replace or delete the message acted on, or post, by default to the person alone. */
export function respond(ws: Workspace, target: ResponseTarget, body: Dict): void {
  const channel = ws.channel(target.channel);
  if (channel === undefined) throw new SlackRefusal('channel_not_found');
  const args = new Args(body);
  const original = target.messageTs === undefined ? undefined : ws.message(channel.id, target.messageTs);
  if (args.flag('delete_original')) {
    if (original === undefined) throw new SlackRefusal('message_not_found');
    deleteMessage(ws, channel, original);
    return;
  }
  if (args.flag('replace_original')) {
    if (original === undefined) throw new SlackRefusal('message_not_found');
    const content = readContent(ws, args);
    changeMessage(ws, channel, original, (stored) => {
      stored.text = content.text;
      stored.blocks = content.blocks;
      if (content.attachments !== undefined) stored.attachments = content.attachments;
    });
    return;
  }
  post(ws, channel, target, args);
}

function post(ws: Workspace, channel: Channel, target: ResponseTarget, args: Args): void {
  const content = readContent(ws, args);
  const inChannel = args.text('response_type') === 'in_channel';
  postMessage(ws, channel, {
    ...ownAuthor(ws),
    ...content,
    thread_ts: args.text('thread_ts') ?? target.threadTs,
    ...(inChannel ? {} : { ephemeral_to: target.user }),
  });
}

// Uploading to the workspace as Slack has it: three steps, and a file that is ready only some time after.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SHOP, TestSlack, until } from './slack-setup.ts';

/** A one-pixel picture. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let slack: TestSlack;

beforeAll(async () => {
  // Slack looks a file over for 1.2 s: time enough for what is too early.
  slack = await TestSlack.start({ timeScale: 4 });
  // Slack answers so many looks a minute, which are four here: on a quick machine it would refuse the last ones.
  await slack.control('limits', { enabled: false });
});
afterAll(() => slack.stop());

/** Uploads without sharing anywhere; answers the file's id. */
async function upload(filename: string, bytes: Buffer): Promise<string> {
  const { upload_url, file_id } = await slack.client.files.getUploadURLExternal({
    filename,
    length: bytes.length,
  });
  const response = await fetch(z.string().parse(upload_url), { method: 'POST', body: new Uint8Array(bytes) });
  expect(response.status).toBe(200);
  const id = z.string().parse(file_id);
  await slack.client.files.completeUploadExternal({ files: [{ id, title: filename }] });
  return id;
}

async function ready(id: string): Promise<unknown> {
  return until(async () => {
    const { file } = await slack.client.files.info({ file: id });
    return file?.mimetype !== '' && file;
  });
}

const imageBlocks = (id: string) => [{ type: 'image' as const, alt_text: 'the cart', slack_file: { id } }];

describe('files', () => {
  test('filesUploadV2 brings a picture into a thread, a little later', async () => {
    const thread_ts = await slack.say('show me');
    const answer = await slack.client.filesUploadV2({
      channel_id: SHOP,
      thread_ts,
      file: PNG,
      filename: 'cart.png',
      initial_comment: 'The cart after the change',
    });
    const uploaded = answer.files?.[0]?.files?.[0];
    expect(uploaded).toMatchObject({ mimetype: '', shares: {} });
    expect(await slack.messages(`channel=shop&thread_ts=${thread_ts}`)).toHaveLength(1);
    const reply = await until(async () =>
      (await slack.messages(`channel=shop&thread_ts=${thread_ts}`)).at(1),
    );
    expect(reply).toMatchObject({
      text: 'The cart after the change',
      bot_id: slack.app.bot_id,
      files: [{ id: uploaded?.id, mimetype: 'image/png', original_w: 1, original_h: 1 }],
    });
    const { file } = await slack.client.files.info({ file: z.string().parse(uploaded?.id) });
    expect(file?.shares?.public?.[SHOP]).toMatchObject([{ ts: reply['ts'], thread_ts }]);
  });

  test('an image block shows a file only once Slack has finished with it', async () => {
    const id = await upload('shot.png', PNG);
    const early = await slack.call('chat.postMessage', {
      channel: SHOP,
      text: 'shot',
      blocks: imageBlocks(id),
    });
    expect(early.body).toMatchObject({
      ok: false,
      error: 'invalid_blocks',
      response_metadata: { messages: ['[ERROR] slack file not found [json-pointer:/blocks/0/slack_file]'] },
    });
    await ready(id);
    const late = await slack.client.chat.postMessage({
      channel: SHOP,
      text: 'shot',
      blocks: imageBlocks(id),
    });
    expect(late.message?.blocks).toMatchObject([{ slack_file: { id } }]);
  });

  test('a file that is no picture is not shown in an image block, whatever its name says', async () => {
    const id = await upload('notes.png', Buffer.from('only words'));
    expect(await ready(id)).toMatchObject({ mimetype: 'text/plain' });
    const { body } = await slack.call('chat.postMessage', {
      channel: SHOP,
      text: 'x',
      blocks: imageBlocks(id),
    });
    expect(body['error']).toBe('invalid_blocks');
  });

  test('bytes are given to the token and nobody else; the page has its own way', async () => {
    const id = await upload('private.png', PNG);
    const { file } = await slack.client.files.info({ file: id });
    const url = z.string().parse(file?.url_private);
    const headers = { authorization: `Bearer ${slack.app.bot_token}` };
    const allowed = await fetch(url, { headers });
    expect(allowed.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await allowed.arrayBuffer()).equals(PNG)).toBe(true);
    const stranger = await fetch(url, { redirect: 'manual' });
    expect(stranger.status).toBe(302);
    const page = await fetch(`${slack.url}/control/files/${id}`);
    expect(Buffer.from(await page.arrayBuffer()).equals(PNG)).toBe(true);
  });

  test('an uploaded page cannot act as a page of the workspace', async () => {
    const id = await upload('evil.html', Buffer.from('<script>fetch("/control/app")</script>'));
    const { headers } = await fetch(`${slack.url}/control/files/${id}`);
    expect(headers.get('content-type')).toContain('text/plain');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('bytes of another length, a second upload and an early completion are refused', async () => {
    const { upload_url, file_id } = await slack.client.files.getUploadURLExternal({
      filename: 'a.txt',
      length: 3,
    });
    const url = z.string().parse(upload_url);
    const files = [{ id: file_id }];
    expect((await slack.call('files.completeUploadExternal', { files })).body['error']).toBe(
      'file_not_found',
    );
    expect((await fetch(url, { method: 'POST', body: 'four' })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(200);
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(404);
    const shared = await slack.call('files.completeUploadExternal', { files, channel_id: 'C0RANDOM01' });
    expect(shared.body['error']).toBe('not_in_channel');
    expect((await slack.call('files.completeUploadExternal', { files })).body['ok']).toBe(true);
  });

  test('a deleted file is gone', async () => {
    const id = await upload('gone.txt', Buffer.from('bye'));
    await slack.client.files.delete({ file: id });
    expect((await slack.call('files.info', { file: id })).body['error']).toBe('file_not_found');
    expect((await fetch(`${slack.url}/control/files/${id}`)).status).toBe(404);
  });

  test('a person posts a file with a message', async () => {
    const files = [
      { name: 'error.log', mimetype: 'text/plain', content_base64: Buffer.from('boom').toString('base64') },
    ];
    const ts = await slack.say('@threadsmith look', { files });
    const message = (await slack.messages('channel=shop')).find((candidate) => candidate['ts'] === ts);
    expect(message).toMatchObject({ files: [{ name: 'error.log', size: 4, mimetype: 'text/plain' }] });
  });

  test('an upload endpoint that fails as ordered fails once', async () => {
    await slack.control('faults', { kind: 'http_503', path: '/upload' });
    const { upload_url } = await slack.client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    const url = z.string().parse(upload_url);
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(503);
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(200);
  });
});

// What a message means, and which repo it is for: decided without asking anybody.
import { describe, expect, it } from 'vitest';
import { chooseRepo } from '../../bot/admission/repo.ts';
import { readMessage } from '../../bot/intake/message.ts';
import { mentionedUsers, readableText } from '../../bot/text/text.ts';
import type { RepoConfig } from '../../core/config/config.ts';

const BOT = 'U0THREAD01';

const read = (event: object) =>
  readMessage(
    { team_id: 'T1', event: { type: 'message', channel: 'C1', user: 'U0MIRA0001', ts: '100.1', ...event } },
    BOT,
  );

describe('a message', () => {
  it.each([
    ['a mention', { text: `<@${BOT}> fix it` }, { address: 'request', text: 'fix it' }],
    ['a mention at the end', { text: `fix it, <@${BOT}>` }, { address: 'request', text: 'fix it,' }],
    ['a mention with a colon', { text: `<@${BOT}>: fix it` }, { address: 'request', text: 'fix it' }],
    [
      'a mention in an app_mention event',
      { type: 'app_mention', text: `<@${BOT}> fix it` },
      { address: 'request' },
    ],
    ['a mention of us and others', { text: `<@${BOT}> ask <@U0SANA0001>` }, { text: 'ask <@U0SANA0001>' }],
    ['a direct message', { text: 'fix it', channel_type: 'im' }, { address: 'request' }],
    ['a reply', { text: 'and this', thread_ts: '90.1' }, { address: 'reply', threadTs: '90.1' }],
    [
      'a reply with a file only',
      { text: '', thread_ts: '90.1', subtype: 'file_share', files: [{ id: 'F1', name: 'a.png' }] },
      { files: [{ id: 'F1', name: 'a.png', url: null }] },
    ],
    [
      'a reply that quotes our mention',
      { text: `&gt; <@${BOT}> fix it\nwhat about that?`, thread_ts: '90.1' },
      { address: 'reply', text: `&gt; <@${BOT}> fix it\nwhat about that?` },
    ],
    [
      'a mention below a quote of another',
      { text: `&gt; <@${BOT}> fix it\n<@${BOT}> and the tax` },
      { address: 'request', text: `&gt; <@${BOT}> fix it\n and the tax` },
    ],
    [
      'a forwarded message',
      {
        text: `<@${BOT}>`,
        attachments: [
          { is_share: true, author_name: 'Sana', text: 'the tax is off', files: [{ id: 'F2' }] },
          { is_msg_unfurl: true, author_name: 'Jo', fallback: 'look' },
          { title: 'a preview of a page', text: 'no message' },
        ],
      },
      {
        text: '',
        forwarded: [
          { name: 'Sana', text: 'the tax is off' },
          { name: 'Jo', text: 'look' },
        ],
        files: [{ id: 'F2' }],
      },
    ],
    ['a word to mute', { text: 'Mute this', thread_ts: '90.1' }, { mutes: true }],
    ['a word to unmute', { text: `<@${BOT}> unmute`, thread_ts: '90.1' }, { mutes: false }],
    ['mute as a request', { text: `<@${BOT}> mute` }, { mutes: null }],
    ['a word to stop', { text: `<@${BOT}> stop!` }, { asksToStop: true }],
    ['a sentence with stop in it', { text: `<@${BOT}> stop rounding` }, { asksToStop: false }],
  ])('reads %s', (_name, event, expected) => {
    expect(read(event)).toMatchObject(expected);
  });

  it.each([
    ['talk in the channel', { text: 'hello' }],
    ['an aside', { text: 'Aside: is it right?', thread_ts: '90.1' }],
    ['a reply to somebody else', { text: '<@U0SANA0001> look', thread_ts: '90.1' }],
    ['a call to everybody', { text: '<!here> look', thread_ts: '90.1' }],
    ['a bot', { text: `<@${BOT}> fix it`, bot_id: 'B1' }],
    ['a mention in code', { text: `try \`<@${BOT}> fix it\`` }],
    ['a mention in a quote', { text: `&gt; <@${BOT}> fix it\nnot yet`, type: 'app_mention' }],
    ['an edit', { text: `<@${BOT}> fix it`, subtype: 'message_changed' }],
    ['ourselves', { text: 'done', user: BOT, thread_ts: '90.1' }],
    ['somebody without an id', { text: `<@${BOT}> fix it`, user: undefined }],
  ])('leaves %s alone', (_name, event) => {
    expect(read(event)).toBeNull();
  });
});

describe('the text of a message', () => {
  it('reads like what the person saw', () => {
    const names = new Map([['U0SANA0001', 'Sana']]);
    const text =
      '<@U0SANA0001> in <#C1|shop>: <https://x.example/a|the page>, <https://y.example>, <!here>, a &lt;b&gt; &amp;amp;';
    expect(readableText(text, names)).toBe(
      '@Sana in #shop: the page (https://x.example/a), https://y.example, @here, a <b> &amp;',
    );
  });

  it('names everybody that it mentions once', () => {
    expect(mentionedUsers('<@U1> <@U2|sana> <@U1>')).toEqual(['U1', 'U2']);
  });
});

describe('the repo of a request', () => {
  const repo = (name: string, channels: string[] = [], more: Partial<RepoConfig> = {}): RepoConfig => ({
    name,
    url: `/${name}`,
    channels,
    ...more,
  });
  const shop = repo('shop', ['shop-talk']);
  const api = repo('api', ['C0API']);
  const choose = (text: string, more: Partial<Parameters<typeof chooseRepo>[0]> = {}) =>
    chooseRepo({ repos: [shop, api], text, channelName: 'elsewhere', channelId: 'C1', ...more });

  it('is the one that is named as an option, before all else', () => {
    const option = choose('fix the shop', { option: 'API', channelName: 'shop-talk' });
    expect(option).toMatchObject({ kind: 'chosen', repo: 'api' });
  });

  it('is asked for when the option names none of ours', () => {
    expect(choose('fix it', { option: 'web' })).toMatchObject({
      kind: 'ask',
      choices: ['shop', 'api'],
      reason: 'There is no repo called web.',
    });
  });

  it('is the one whose name stands in the text as a word', () => {
    expect(choose('fix the api', { channelName: 'shop-talk' })).toMatchObject({
      kind: 'chosen',
      repo: 'api',
    });
    expect(choose('fix src/api/total.ts and the apis')).toMatchObject({ kind: 'open' });
  });

  it.each([
    ['an issue', 'https://git.example.com/acme/web-api/issues/7'],
    ['its code', 'https://code.example.com/acme/web-api/-/blob/main/a.ts#L3'],
  ])('is the one that is linked: %s', (_what, link) => {
    const linked = repo('two', [], {
      url: 'git@git.example.com:acme/web-api.git',
      web_url: 'https://code.example.com/acme/web-api/-/blob/{commit}/{path}#L{line}',
    });
    const repos = [shop, linked];
    expect(choose(`see ${link}`, { repos })).toMatchObject({ kind: 'chosen', repo: 'two' });
    expect(choose(`see ${link.replace('web-api', 'web-api-2')}`, { repos })).toMatchObject({ kind: 'open' });
  });

  it('is the one of the channel, by its topic, name or id', () => {
    expect(choose('fix it', { channelName: 'shop-talk' })).toMatchObject({ kind: 'chosen', repo: 'shop' });
    expect(choose('fix it', { channelId: 'C0API' })).toMatchObject({ kind: 'chosen', repo: 'api' });
    const topic = 'Orders, on call: Mira | repo: api';
    expect(choose('fix it', { topic, channelName: 'shop-talk' })).toMatchObject({
      kind: 'chosen',
      repo: 'api',
    });
    expect(choose('fix it', { topic: 'repo: nosuch' })).toMatchObject({ kind: 'open' });
  });

  it('is the only one there is, unless that is kept to other channels', () => {
    expect(choose('fix it', { repos: [repo('solo')] })).toMatchObject({ kind: 'chosen', repo: 'solo' });
    expect(choose('fix it', { repos: [shop] })).toMatchObject({ kind: 'ask', choices: ['shop'] });
  });

  it('is open where two are named or two share the channel', () => {
    expect(choose('move it from shop to api')).toMatchObject({ kind: 'open', choices: ['shop', 'api'] });
    const repos = [repo('a', ['team']), repo('b', ['team']), repo('c')];
    expect(choose('fix it', { repos, channelName: 'team' })).toMatchObject({
      kind: 'open',
      choices: ['a', 'b'],
    });
  });
});

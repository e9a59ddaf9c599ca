// Links in a request are read before the agent starts: messages for those who may read them, and what rules name.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { linkRulesOf, requestsFor } from '../../bot/links/rules.ts';
import { patiently } from '../../bot/slack/calls.ts';
import { configOfRepo } from '../../core/config/config.ts';
import type { TurnDetails } from '../../db/entities/session.ts';
import { required } from '../required.ts';
import { SHOP, Stage, until } from './stage.ts';
import { isBadWeather } from './weather.ts';

const rule = (match: string, fetch: string) => {
  const links = [{ match, fetch: [fetch], headers_from: {}, fields: [] }];
  return required(linkRulesOf({ ...configOfRepo('shop', '/shop'), links }, {})[0], 'no rule');
};

describe('a rule for links', () => {
  const issues = rule('https://t.example/{team}/issues/{id}', 'https://api.t.example/{team}/{id}?full=1');

  it('fills in what differs', () => {
    expect(requestsFor(issues, 'https://t.example/web/issues/7?tab=x#top')).toEqual([
      'https://api.t.example/web/7?full=1',
    ]);
  });

  it.each([
    'https://t.example/web/issues/7/edit',
    'https://t.example.evil.example/web/issues/7',
    'https://t.example/web/issues/..',
    'https://t.example/../issues/7',
    'https://t.example/web/issues/%2e%2e%2fadmin',
    'https://t.example/web/issues/7@evil',
  ])('is not for %s', (link) => {
    expect(requestsFor(issues, link)).toEqual([]);
  });

  it('needs its credential', () => {
    const links = [
      {
        match: 'https://t.example/{id}',
        fetch: ['https://t.example/{id}'],
        headers_from: { A: 'T' },
        fields: [],
      },
    ];
    expect(() => linkRulesOf({ ...configOfRepo('shop', '/shop'), links }, {})).toThrow('variable T');
  });
});

describe('the links of a request', () => {
  let stage: Stage;
  let tracker: Server;
  let origin: string;
  const asked: string[] = [];

  beforeAll(async () => {
    tracker = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      if (request.url !== '/api/7') return void response.writeHead(404).end('no such issue');
      const issue = {
        title: 'Total is wrong',
        user: { login: 'sana' },
        comments: [{ body: 'on phones' }],
        secret: 'x',
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(issue));
    }).listen(0, '127.0.0.1');
    await once(tracker, 'listening');
    const { port } = z.object({ port: z.number() }).parse(tracker.address());
    origin = `http://127.0.0.1:${port}`;
    stage = await Stage.set({
      config: {
        repos: [{ name: 'bakery', url: './bakery' }],
        people: { start: ['everyone'], approve: [], merge: [] },
        links: [
          {
            match: `${origin}/issues/{id}`,
            fetch: `${origin}/api/{id}`,
            headers_from: { Authorization: 'TRACKER_AUTH' },
            fields: ['title', 'user.login', 'comments.body'],
          },
        ],
      },
    });
    await stage.slack.control('limits', { enabled: false });
    await stage.startBot({ TRACKER_AUTH: 'Bearer s3cret' });
  });
  afterAll(async () => {
    await stage.close();
    tracker.close();
  });

  const linksOf = (root: string) =>
    until(async () => {
      const [turn] = await stage.rows<{ state: string; details: TurnDetails }>(
        'select turn.* from turn join session on session.id = session_id where thread_ts = ?',
        [root],
      );
      return turn?.state === 'queued' && (turn.details.links ?? []);
    });
  const permalink = async (channel: string, ts: string) => {
    const { permalink: link } = await patiently(() =>
      stage.slack.client.chat.getPermalink({ channel, message_ts: ts }),
    );
    return link ?? '';
  };

  it('brings what the tracker says, with the credential of the bot, and the fields that are named', async () => {
    const root = await stage.slack.say(
      `@threadsmith fix <${origin}/issues/7> and ${origin}/issues/8, not https://x.example/a`,
    );
    expect(await linksOf(root)).toEqual([
      {
        url: `${origin}/issues/7`,
        text: 'title: Total is wrong\nuser.login: sana\ncomments.body: ["on phones"]',
      },
      { url: `${origin}/issues/8`, text: 'It could not be read: HTTP 404.' },
    ]);
    // Both of them, once, and not the third one; in bad weather again where Slack had the request wait.
    const seen = isBadWeather ? [...new Set(asked)] : asked;
    expect(seen.toSorted()).toEqual(['/api/7 Bearer s3cret', '/api/8 Bearer s3cret']);
  });

  it('brings the message that is linked, with its thread', async () => {
    const ts = await stage.slack.say('the oven is cold', { user: 'sana' });
    await stage.slack.say('since noon', { user: 'jonas', thread_ts: ts });
    const root = await stage.slack.say(`@threadsmith fix that: ${await permalink(SHOP, ts)}`);
    const [link] = await linksOf(root);
    expect(link?.text).toBe('Sana Qureshi: the oven is cold\nJonas Weber: since noon');
  });

  it('brings nothing of a private channel to somebody who is not in it', async () => {
    const bot = stage.slack.app.bot_user_id;
    const made = await stage.slack.control('channels', {
      name: 'board',
      is_private: true,
      members: ['sana', bot],
    });
    const { id } = z.object({ id: z.string() }).parse(made['channel']);
    const ts = await stage.slack.say('we sell the company', { user: 'sana', channel: 'board' });
    const link = await permalink(id, ts);
    const [hidden] = await linksOf(await stage.slack.say(`@threadsmith what is ${link}`, { user: 'mira' }));
    expect(hidden?.text).toContain('so it was not read');
    const [seen] = await linksOf(await stage.slack.say(`@threadsmith what is ${link}`, { user: 'sana' }));
    expect(seen?.text).toBe('Sana Qureshi: we sell the company');
  });
});

// Ways in by a message: in a channel, in a thread of people, directly; with pictures, files and links.
import { expect } from 'vitest';
import { APPROVE, labelsOf } from '../conversation.ts';
import { readable } from '../people.ts';
import { says } from '../thread.ts';
import { answersIn, branchIn, JONAS, type Stories } from './story.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const SHOWN = `data:image/png;base64,${PNG}`;
const picture = (name: string) => ({ name, mimetype: 'image/png', content_base64: PNG });
const text = (name: string, content: string) => ({
  name,
  mimetype: 'text/plain',
  content_base64: Buffer.from(content).toString('base64'),
});

export const messageStories: Stories = {
  'a mention is answered once, also where the connection broke meanwhile': async (town) => {
    await town.early.see(says(/The sign says: bakery, main\./));
    expect(await answersIn(town.early, town.botUser)).toHaveLength(1);
  },

  'a mention is answered in its thread, and a reply of somebody else goes on there': async (town) => {
    const thread = await town.ask('mira', 'shop', 'what does the sign say?');
    const answer = await thread.see(says(/The sign says: bakery, main\./));
    expect(labelsOf(answer)).toEqual(['Change repo or branch']);
    const [root] = await thread.messages();
    expect(root?.reactions).toMatchObject([{ name: 'eyes', users: [town.botUser] }]);

    const { message } = await thread.replyForOffer('jonas', 'paint the sign', APPROVE);
    expect(readable(message)).toContain(`<@${JONAS}>`);
    expect(await answersIn(thread, town.botUser)).toHaveLength(2);
    const commit = town.bakery.git('log', '-1', '--format=%an%n%B', branchIn(message));
    expect(commit).toMatch(/^Jonas Weber\n[^]*Co-authored-by: Mira Okafor <mira@brightloaf\.example>/);
  },

  'a mention in a thread of people hands over what was said, with names and a picture': async (town) => {
    const thread = await town.say('sana', 'shop', 'the sign looks odd', { files: [picture('odd.png')] });
    await thread.reply('jonas', '@sana which one?');
    await thread.reply('mira', '@threadsmith look at this');
    await thread.see(says(/I have seen it\./));
    const heard = await town.heard('the sign looks odd');
    expect(heard).toContain(
      'Sana Qureshi: the sign looks odd [attached: odd.png]\nJonas Weber: @Sana Qureshi which one?',
    );
    expect(heard).toMatch(/odd\.png \(image\/png, \d+ bytes, from Sana Qureshi, shown below\)/);
    expect(heard).toContain(SHOWN);
    // They talk to each other there.
    await thread.reply('jonas', 'what does the sign say, do you think?');
    await town.keepQuiet('shop', thread);
  },

  'a direct message names its repo, and what follows in its thread is about that': async (town) => {
    const thread = await town.say('mira', 'D0MIRA0001', 'what does the sign in ledger say?');
    await thread.see(says(/The sign says: ledger, main\./));
    const asked = await thread.reply('mira', 'and what does the sign say now?');
    await thread.see(says(/The sign says: ledger, main\./, { after: asked }));
    expect(await answersIn(thread, town.botUser)).toHaveLength(2);
  },

  'a message with only files is in its files, and the model sees the picture': async (town) => {
    const files = [picture('cart.png'), text('order.txt', 'please bake 12 rolls\n')];
    const thread = await town.say('mira', 'window', '@threadsmith', { files });
    await thread.see(says(/The order is for 12 rolls\./));
    const heard = await town.heard('cart.png');
    expect(heard).toContain('See the attached files.');
    expect(heard).toContain(SHOWN);
  },

  'links to a message and to an issue are read before the work begins': async (town) => {
    const said = await town.say('sana', 'shop', 'nobody can read the sign');
    await said.reply('jonas', 'since the storm');
    const place = `${town.channelId('shop')}/p${said.root.replace('.', '')}`;
    const request = `look at this: ${town.people.url}/archives/${place} and ${town.issues}/7`;
    const thread = await town.ask('mira', 'window', request);
    await thread.see(says(/I have seen it\./));
    const heard = await town.heard('nobody can read the sign');
    expect(heard).toContain('Sana Qureshi: nobody can read the sign\nJonas Weber: since the storm');
    expect(heard).toContain('title: The oven is cold\ncomments.body: ["since Monday"]');
    expect(heard).not.toContain('not asked for');
    await town.keepQuiet('shop', said);
  },

  'another agent that mentions it is not answered, in a channel or in a thread': async (town) => {
    const bot = { bot_id: 'B0RIVAL001', app_id: 'A0RIVAL001', username: 'Rival' };
    const words = `<@${town.botUser}> what does the sign say?`;
    const thread = await town.sayAs(bot, 'shop', { text: words });
    await town.sayAs(bot, 'shop', { text: words, thread_ts: thread.root });
    await town.keepQuiet('shop', thread);
  },
};

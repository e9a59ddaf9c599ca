// Ways in without a mention: the agent's container, the shortcut, the command, the reaction, the Home tab.
import { expect } from 'vitest';
import { z } from 'zod';
import { ACTION, COMMAND, MODAL, SHORTCUT } from '../../../blocks/parts/actions.ts';
import { SUGGESTED_PROMPTS } from '../../../blocks/parts/prompts.ts';
import { required } from '../../required.ts';
import { APPROVE, labelsOf, threadAt } from '../conversation.ts';
import { readable } from '../people.ts';
import { offers, says } from '../thread.ts';
import { answersIn, type Stories } from './story.ts';
import { eventually, type Town } from './town.ts';

const agents = z.looseObject({
  sessions: z.record(z.string(), z.looseObject({ status: z.string(), title: z.string().optional() })),
  prompts: z.record(z.string(), z.looseObject({ prompts: z.array(z.unknown()) })),
});
const block = z.looseObject({ block_id: z.string() });
const home = z.looseObject({
  view: z.looseObject({ id: z.string(), blocks: z.array(block) }).nullable(),
});

/** How Slack lists a thread among those of the agent. */
async function agentSession(town: Town, channelId: string, root: string) {
  return agents.parse(await town.people.control('GET', '/state')).sessions[`${channelId}/${root}`];
}

async function homeOf(town: Town, user: string): Promise<string> {
  const { view } = home.parse(await town.people.control('GET', `/home?user=${user}`));
  return JSON.stringify(view);
}

/** Uses a button or a menu of somebody's Home tab. */
async function useHome(town: Town, user: string, actionId: string, more: object = {}): Promise<void> {
  const { view } = home.parse(await town.people.control('GET', `/home?user=${user}`));
  const view_id = required(view, 'no Home tab').id;
  await town.people.act('/actions', { user, view_id, action_id: actionId, ...more });
}

/** Stops what a person has at work, with the button below its line. */
async function stopAtHome(town: Town, user: string, request: string): Promise<void> {
  const { view } = home.parse(await town.people.control('GET', `/home?user=${user}`));
  const blocks = view?.blocks ?? [];
  const line = blocks.findIndex((block) => JSON.stringify(block).includes(request));
  const { block_id } = required(blocks[line + 1], 'nothing below the line');
  await useHome(town, user, ACTION.stop, { block_id });
}

const command = (town: Town, user: string, channel: string, text: string) =>
  town.people.act('/commands', { user, channel, command: COMMAND, text });

export const startStories: Stories = {
  "the agent's container suggests, shows a title and a state, and has its own Stop": async (town) => {
    const channel = 'D0SANA0001';
    await town.people.control('POST', '/home', { user: 'sana', tab: 'messages' });
    const { prompts } = await eventually(
      async () => agents.parse(await town.people.control('GET', '/state')).prompts[channel],
    );
    expect(prompts).toEqual(SUGGESTED_PROMPTS);

    const thread = await town.say('sana', channel, 'take a nap in ledger');
    await thread.see(says(/Working/));
    const listed = (status: string) =>
      eventually(async () => {
        const session = await agentSession(town, channel, thread.root);
        return session?.status === status ? session : undefined;
      });
    expect((await listed('processing')).title).toBe('take a nap in ledger');
    await town.people.control('POST', '/agents/stop', { user: 'sana', channel, thread_ts: thread.root });
    await thread.see(says(/Stopped by/));
    await listed('active');
  },

  'the shortcut on a message opens a form with its words, and its answer is in the thread of the message':
    async (town) => {
      const thread = await town.say('sana', 'counter', 'somebody should paint the sign');
      const shortcut = { user: 'mira', callback_id: SHORTCUT.handOver, channel: 'counter', ts: thread.root };
      await town.people.act('/shortcuts', shortcut);
      const form = await town.modal('mira');
      expect(JSON.stringify(form)).toContain('somebody should paint the sign');
      await town.submit('mira', form, { request: 'paint the sign', repo: 'ledger', attempts: '2' });
      const { message } = await thread.see(offers(/^choose 2$/i));
      expect(labelsOf(message)).toContain('Choose 1');
      await thread.click('mira', /^choose 2$/i);
      const result = await thread.see(offers(APPROVE));
      expect(readable(result.message)).toMatch(/attempt 2 of 2/);
      expect(town.ledger.git('for-each-ref', 'refs/heads/threadsmith/*attempt-2')).not.toBe('');
    },

  'the command helps, says who one is and what is configured': async (town) => {
    await command(town, 'sana', 'counter', 'help');
    await town.whispered('sana', 'counter', /opens a form that starts work/);
    await command(town, 'sana', 'counter', 'whoami');
    await town.whispered('sana', 'counter', /sana@brightloaf\.example, a full member/);
    await command(town, 'sana', 'counter', 'config');
    const config = await town.whispered('sana', 'counter', /Requests in this channel: bakery\./);
    expect(readable(config)).toContain('Bookkeeping: invoices and taxes');
  },

  'the command begins a thread of its own, which is no alert to itself, and lists it': async (town) => {
    await command(town, 'sana', 'alerts', 'new TypeError again: what does the sign say?');
    const form = await town.modal('sana');
    expect(JSON.stringify(form)).toContain('TypeError again');
    await town.submit('sana', form, { request: 'TypeError again: what does the sign say?', repo: 'bakery' });
    const root = await eventually(async () =>
      (await town.people.channel('alerts', 'sana')).find((message) =>
        /Sana Qureshi asks: TypeError again/.test(readable(message)),
      ),
    );
    const thread = threadAt(town.stack, 'alerts', root.ts);
    const answer = await thread.see(says(/The sign says: bakery, main\./, { after: root.ts }));
    expect(labelsOf(answer)).toEqual(['Change repo or branch']);
    await town.keepQuiet('alerts', thread);
    await command(town, 'sana', 'counter', 'list');
    await town.whispered('sana', 'counter', /TypeError again: what does the sign say\?: answered/);
  },

  'the command stops what somebody has at work in a channel': async (town) => {
    const thread = await town.ask('sana', 'desk', 'take a nap in bakery');
    await thread.see(says(/Working/));
    await command(town, 'sana', 'desk', 'stop');
    await town.whispered('sana', 'desk', /Stopping: take a nap/);
    await thread.see(says(/Stopped by/));
  },

  'a reaction hands a message of somebody else over': async (town) => {
    const thread = await town.say('sana', 'counter', 'what does the sign say, anybody?');
    const reaction = { user: 'mira', channel: 'counter', ts: thread.root, name: 'thread' };
    await town.people.control('POST', '/reactions', reaction);
    await thread.see(says(/The sign says: bakery, main\./));
    const heard = await town.heard('what does the sign say, anybody?');
    expect(heard).toContain('<request from="Mira Okafor">\nwhat does the sign say, anybody?');
    expect(await answersIn(thread, town.botUser)).toHaveLength(1);
  },

  'the Home tab keeps my defaults, starts work, and shows mine by where it stands': async (town) => {
    await town.people.control('POST', '/home', { user: 'jonas' });
    await eventually(async () => ((await homeOf(town, 'jonas')) === 'null' ? undefined : true));
    const empty = await homeOf(town, 'jonas');
    expect(empty).toContain('Bookkeeping: invoices and taxes');
    await useHome(town, 'jonas', ACTION.ownRepo, { value: 'ledger' });
    await useHome(town, 'jonas', ACTION.ownModel, { value: 'scripted-mini' });

    await town.people.act('/shortcuts', { user: 'jonas', callback_id: SHORTCUT.start });
    const { id: view_id, callback_id } = await town.modal('jonas');
    expect(callback_id).toBe(MODAL.start);
    await town.people.control('POST', '/views/close', { user: 'jonas', view_id });
    await useHome(town, 'jonas', ACTION.startWork);
    const form = await town.modal('jonas');
    const channel = town.channelId('platform');
    await town.submit('jonas', form, { request: 'what does the sign on the door say?', channel });
    const root = await eventually(async () =>
      (await town.people.channel('platform', 'jonas')).find((message) =>
        /Jonas Weber asks: what does the sign on the door say/.test(readable(message)),
      ),
    );
    const thread = threadAt(town.stack, 'platform', root.ts);
    const answer = await thread.see(says(/The sign says: ledger, main\./, { after: root.ts }));
    expect(readable(answer)).toMatch(/scripted-mini · /);

    const nap = await town.ask('jonas', 'desk', 'take a nap right here');
    await nap.see(says(/Working/));
    const offer = await town.ask('jonas', 'desk', 'paint the sign for me');
    await offer.see(offers(APPROVE));
    const drawn = await eventually(async () => {
      const seen = await homeOf(town, 'jonas');
      return /paint the sign for me.*At work.*take a nap right here.*Earlier.*on the door/s.test(seen)
        ? seen
        : undefined;
    });
    expect(drawn).toMatch(/Waiting for you \(\d\)/);
    expect(drawn).toContain('View diff');
    await stopAtHome(town, 'jonas', 'take a nap right here');
    await nap.see(says(/Stopped by/));
  },
};

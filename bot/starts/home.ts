// The Home tab, drawn anew whenever a person opens it or clicks on it.
import { z } from 'zod';
import { homeView } from '../../blocks/home.ts';
import { EVERYONE, may, whoMay } from '../../core/authority.ts';
import { modelsOf } from '../../core/config.ts';
import { defaultsOf, setDefaults } from '../../db/slack/people.ts';
import type { Click } from '../interaction/click.ts';
import { type Desk, type Reply, refusal } from '../interaction/context.ts';
import { patiently } from '../slack/calls.ts';
import { suggestPrompts } from './agent.ts';
import { listed } from './command.ts';
import { openForm } from './form.ts';

const openedSchema = z.object({
  event: z.object({ user: z.string(), tab: z.string().optional(), channel: z.string().optional() }),
});

const SESSIONS = 40;

/** Shows it to the person who opened it; in the tab of messages something to ask for is suggested. */
export async function homeOpened(desk: Desk, body: unknown): Promise<void> {
  const { user, tab, channel } = openedSchema.parse(body).event;
  if (tab === 'messages') {
    if (channel !== undefined) await suggestPrompts(desk, channel);
    return;
  }
  desk.homes.opened(desk.identity.teamId, user);
  await desk.homes.redraw(desk.identity.teamId, user);
}

/** Draws a person's Home tab as it is now. One drawing at a time: see `HomeWatch`. */
export async function publishHome(desk: Desk, userId: string): Promise<void> {
  const { config, directory } = desk;
  const actor = await directory.actor(userId);
  const names = await Promise.all(
    whoMay(config.people, 'start').map(async (entry) => {
      if (entry === EVERYONE) return 'every full member of this workspace';
      return entry.includes('@') ? entry : directory.nameOf(entry);
    }),
  );
  const view = homeView({
    sessions: await listed(desk, userId, SESSIONS),
    defaults: await defaultsOf(desk.database.em(), { teamId: desk.identity.teamId, userId }),
    models: modelsOf(config.model),
    repos: config.repos.map(({ name, description }) => ({ name, description: description ?? '' })),
    mayStart: may(config.people, 'start', actor),
    whoMay: names.join(', ') || 'nobody yet',
  });
  await patiently(() => desk.client.views.publish({ user_id: userId, view }));
}

/** A person's own repo or model, from the menus of the Home tab; what is not on the menu means none. */
export function setOwn(what: 'repo' | 'model'): (desk: Desk, click: Click) => Promise<Reply> {
  return async (desk, { userId, value }) => {
    const { config, database, identity } = desk;
    const known = what === 'repo' ? config.repos.map(({ name }) => name) : modelsOf(config.model);
    const chosen = known.find((name) => name === value) ?? null;
    await setDefaults(database.em(), { teamId: identity.teamId, userId }, { [what]: chosen });
    return null;
  };
}

/** The button of the Home tab: the form, with the channel to be chosen. */
export async function startFromHome(desk: Desk, click: Click): Promise<Reply> {
  const refused = refusal(desk.config, await desk.directory.actor(click.userId), ['start']);
  if (refused !== null) return refused;
  await openForm(desk, click.triggerId, { kind: 'anywhere' }, '');
  return null;
}

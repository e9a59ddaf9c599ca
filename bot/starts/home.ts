// The Home tab, drawn anew whenever a person opens it or clicks on it.
import { z } from 'zod';
import { homeView } from '../../blocks/home.ts';
import { modelsOf } from '../../core/config/config.ts';
import { EVERYONE, may, whoMay } from '../../core/rights/authority.ts';
import { defaultsOf, setDefaults } from '../../db/slack/people.ts';
import type { Click } from '../interaction/click.ts';
import { type InteractionContext, type Reply, refusal } from '../interaction/context.ts';
import { patiently } from '../slack/calls.ts';
import { suggestPrompts } from './agent.ts';
import { listed } from './command.ts';
import { openForm } from './form.ts';

const openedSchema = z.object({
  event: z.object({ user: z.string(), tab: z.string().optional(), channel: z.string().optional() }),
});

const SESSIONS = 40;

/** Shows it to the person who opened it; in the tab of messages something to ask for is suggested. */
export async function homeOpened(ctx: InteractionContext, body: unknown): Promise<void> {
  const { user, tab, channel } = openedSchema.parse(body).event;
  if (tab === 'messages') {
    if (channel !== undefined) await suggestPrompts(ctx, channel);
    return;
  }
  ctx.homes.opened(ctx.identity.teamId, user);
  await ctx.homes.redraw(ctx.identity.teamId, user);
}

/** Draws a person's Home tab as it is now. One drawing at a time: see `HomeWatch`. */
export async function publishHome(ctx: InteractionContext, userId: string): Promise<void> {
  const { config, directory } = ctx;
  const actor = await directory.actor(userId);
  const names = await Promise.all(
    whoMay(config.people, 'start').map(async (entry) => {
      if (entry === EVERYONE) return 'every full member of this workspace';
      return entry.includes('@') ? entry : directory.nameOf(entry);
    }),
  );
  const view = homeView({
    sessions: await listed(ctx, userId, SESSIONS),
    defaults: await defaultsOf(ctx.database.em(), { teamId: ctx.identity.teamId, userId }),
    models: modelsOf(config.model),
    repos: config.repos.map(({ name, description }) => ({ name, description: description ?? '' })),
    mayStart: may(config.people, 'start', actor),
    whoMay: names.join(', ') || 'nobody yet',
  });
  await patiently(() => ctx.client.views.publish({ user_id: userId, view }));
}

/** A person's own repo or model, from the menus of the Home tab; what is not on the menu means none. */
export function setOwn(what: 'repo' | 'model'): (ctx: InteractionContext, click: Click) => Promise<Reply> {
  return async (ctx, { userId, value }) => {
    const { config, database, identity } = ctx;
    const known = what === 'repo' ? config.repos.map(({ name }) => name) : modelsOf(config.model);
    const chosen = known.find((name) => name === value) ?? null;
    await setDefaults(database.em(), { teamId: identity.teamId, userId }, { [what]: chosen });
    return null;
  };
}

/** The button of the Home tab: the form, with the channel to be chosen. */
export async function startFromHome(ctx: InteractionContext, click: Click): Promise<Reply> {
  const refused = refusal(ctx.config, await ctx.directory.actor(click.userId), ['start']);
  if (refused !== null) return refused;
  await openForm(ctx, click.triggerId, { kind: 'anywhere' }, '');
  return null;
}

// The Home tab, drawn anew whenever a person opens it or clicks on it.
import { z } from 'zod';
import { homeView } from '../../blocks/home.ts';
import { EVERYONE, may, whoMay } from '../../core/authority.ts';
import type { Click } from '../clicks/click.ts';
import { type Desk, type Reply, refusal } from '../clicks/desk.ts';
import { patiently } from '../slack/calls.ts';
import { listed } from './command.ts';
import { openForm } from './form.ts';

const openedSchema = z.object({
  event: z.object({ user: z.string(), tab: z.string().optional() }),
});

const SESSIONS = 40;

/** Shows it to the person who opened it; the tab of messages needs nothing. */
export async function homeOpened(desk: Desk, body: unknown): Promise<void> {
  const { user, tab } = openedSchema.parse(body).event;
  if (tab === undefined || tab === 'home') await publishHome(desk, user);
}

/** Draws a person's Home tab as it is now. */
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
    repos: config.repos.map(({ name, description }) => ({ name, description: description ?? '' })),
    mayStart: may(config.people, 'start', actor),
    whoMay: names.join(', ') || 'nobody yet',
  });
  await patiently(() => desk.client.views.publish({ user_id: userId, view }));
}

/** The button of the Home tab: the form, with the channel to be chosen. */
export async function startFromHome(desk: Desk, click: Click): Promise<Reply> {
  const refused = refusal(desk.config, await desk.directory.actor(click.userId), ['start']);
  if (refused !== null) return refused;
  await openForm(desk, click.triggerId, { kind: 'anywhere' }, '');
  return null;
}

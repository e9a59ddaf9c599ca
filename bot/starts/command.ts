// The slash command. Only the person who gave it sees its answers.
import { z } from 'zod';
import {
  configMessage,
  helpMessage,
  sessionsMessage,
  stoppingMessage,
  whichToStop,
  whoamiMessage,
} from '../../blocks/messages/command.ts';
import { couldNot } from '../../blocks/messages/ephemeral.ts';
import type { ListedSession } from '../../blocks/messages/sessions.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import { modelsOf } from '../../core/config/config.ts';
import { type Act, EVERYONE, may, whoMay } from '../../core/rights/authority.ts';
import { sessionsOf } from '../../db/turns/sessions.ts';
import { stopTurn } from '../../db/turns/turns.ts';
import { chooseRepo } from '../admission/repo.ts';
import { type InteractionContext, refusal } from '../interaction/context.ts';
import { threadUrl } from '../slack/links.ts';
import { openForm } from './form.ts';

const commandSchema = z.object({
  text: z.string().default(''),
  user_id: z.string(),
  channel_id: z.string(),
  trigger_id: z.string(),
});

type Command = z.infer<typeof commandSchema>;

const LISTED = 15;
const ACTS: readonly Act[] = ['start', 'approve', 'merge'];

/** Does what the command says; gives its answer, null where a modal is the answer. */
export async function runCommand(ctx: InteractionContext, body: unknown): Promise<FittedMessage | null> {
  const command = commandSchema.parse(body);
  const [verb = '', ...rest] = command.text.trim().split(/\s+/);
  switch (verb.toLowerCase()) {
    case '':
    case 'help':
      return helpMessage('@threadsmith');
    case 'new':
      return begin(ctx, command, rest.join(' '));
    case 'list':
      return sessionsMessage(await listed(ctx, command.user_id));
    case 'stop':
      return stop(ctx, command);
    case 'config':
      return showConfig(ctx, command);
    case 'whoami':
      return whoami(ctx, command);
    default:
      return begin(ctx, command, command.text.trim());
  }
}

/** A person's sessions with the addresses of their threads, what waits for people first. */
export async function listed(
  ctx: InteractionContext,
  userId: string,
  limit = LISTED,
): Promise<readonly ListedSession[]> {
  const { teamId } = ctx.identity;
  const sessions = await sessionsOf(ctx.database.em(), { teamId, userId }, limit);
  return sessions.map((session) => ({ ...session, url: threadUrl(ctx.identity, session) }));
}

async function begin(ctx: InteractionContext, command: Command, text: string): Promise<FittedMessage | null> {
  const refused = refusal(ctx.config, await ctx.directory.actor(command.user_id), ['start']);
  if (refused !== null) return refused;
  await openForm(ctx, command.trigger_id, { kind: 'channel', channelId: command.channel_id }, text);
  return null;
}

async function stop(ctx: InteractionContext, command: Command): Promise<FittedMessage> {
  const open = (await listed(ctx, command.user_id, 50)).filter(
    ({ channelId, status }) =>
      channelId === command.channel_id && ['working', 'queued', 'asks'].includes(status),
  );
  const [only, ...more] = open;
  if (only === undefined) return couldNot('Nothing of yours is under way in this channel.', '');
  if (more.length > 0) return whichToStop(open.slice(0, 10));
  const stopped = await ctx.database.transaction((em) => stopTurn(em, only.turnId, command.user_id));
  return stopped ? stoppingMessage(only) : couldNot('This is over already.', '');
}

async function showConfig(ctx: InteractionContext, command: Command): Promise<FittedMessage> {
  const { repos, people } = ctx.config;
  const place = await ctx.directory.channel(command.channel_id).catch(() => null);
  const { name: channelName = null, topic = '' } = place ?? {};
  const choice = chooseRepo({ repos, text: '', channelId: command.channel_id, channelName, topic });
  const named = async (entry: string) => {
    if (entry === EVERYONE) return 'every full member of this workspace';
    return entry.includes('@') ? entry : ctx.directory.nameOf(entry);
  };
  return configMessage({
    repos: repos.map(({ name, description }) => ({ name, description: description ?? '' })),
    models: modelsOf(ctx.config.model),
    here: choice.kind === 'chosen' ? choice.repo : null,
    may: await Promise.all(
      ACTS.map(async (act) => ({
        act,
        who: (await Promise.all(whoMay(people, act).map(named))).join(', ') || 'nobody yet',
      })),
    ),
  });
}

async function whoami(ctx: InteractionContext, command: Command): Promise<FittedMessage> {
  const actor = await ctx.directory.actor(command.user_id);
  const rights = ACTS.filter((act) => may(ctx.config.people, act, actor));
  return whoamiMessage(actor, rights);
}

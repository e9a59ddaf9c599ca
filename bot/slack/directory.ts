// Who is who in the workspace: people, channels and the app itself, looked up and kept for a minute.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Actor } from '../../core/rights/authority.ts';
import type { UserGroup } from '../../core/turn.ts';
import { type Patience, patiently } from './calls.ts';

/** The app as Slack knows it. */
export interface AppIdentity {
  readonly teamId: string;
  readonly botId: string;
  readonly botUserId: string;
  /** The workspace's address, with a slash at its end. */
  readonly url: string;
}

export interface ChannelFacts {
  /** Without #, null for a direct message. */
  readonly name: string | null;
  readonly topic: string;
  /** Whether only its members can read it. */
  readonly isPrivate: boolean;
}

export interface Directory {
  /** A person as Slack knew them at most a minute ago. Throws `slack_refused` or `slack_unreachable`. */
  actor: (userId: string) => Promise<Actor>;
  /** A person's name to show, or a user group's handle; the id where neither is found. Never throws. */
  nameOf: (userId: string) => Promise<string>;
  /** A channel as it is now, at most a minute ago. Throws like `actor`. */
  channel: (channelId: string) => Promise<ChannelFacts>;
  /** A channel's name without #, null for a direct message. Throws like `actor`. */
  channelName: (channelId: string) => Promise<string | null>;
}

/** Changes of rights take at most this long to be noticed. */
const KEEP_MS = 60_000;
/** People wait for the answer to a click, so not for long. */
const PATIENCE: Patience = { tries: 3, maxWaitMs: 2_000 };

const userSchema = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string().optional(),
    name: z.string().optional(),
    real_name: z.string().optional(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    profile: z
      .object({
        email: z.string().optional(),
        real_name: z.string().optional(),
        display_name: z.string().optional(),
      })
      .optional(),
  }),
});

const groupsSchema = z.object({
  usergroups: z.array(
    z.object({ id: z.string(), handle: z.string(), users: z.array(z.string()).default([]) }),
  ),
});
type KnownGroup = UserGroup & { readonly users: readonly string[] };

const channelSchema = z.object({
  channel: z.object({
    name: z.string().optional(),
    is_private: z.boolean().optional(),
    is_im: z.boolean().optional(),
    is_mpim: z.boolean().optional(),
    topic: z.object({ value: z.string().default('') }).optional(),
  }),
});

const identitySchema = z.object({
  team_id: z.string(),
  bot_id: z.string(),
  user_id: z.string(),
  url: z.string(),
});

/** Asks Slack who the token belongs to. Throws `config_invalid` where Slack refuses it, `slack_unreachable`. */
export async function identify(client: WebClient): Promise<AppIdentity> {
  try {
    const answer = identitySchema.parse(await patiently(() => client.auth.test()));
    return { teamId: answer.team_id, botId: answer.bot_id, botUserId: answer.user_id, url: answer.url };
  } catch (cause) {
    if (hasCode(cause, 'slack_unreachable')) throw notThere(client, cause);
    if (!(cause instanceof ThreadsmithError) || cause.code !== 'slack_refused') throw cause;
    throw new ThreadsmithError(
      'config_invalid',
      `the environment: SLACK_BOT_TOKEN: ${cause.message} A bot token of the installed app (xoxb-…) is expected.`,
      'Copy the token from "OAuth & Permissions" of the app and start again.',
      { cause },
    );
  }
}

/** At the start nothing is tried again: a person waits at the terminal. */
function notThere(client: WebClient, cause: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'slack_unreachable',
    `Slack does not answer at ${client.slackApiUrl}.`,
    'Check the network of this machine (and SLACK_API_URL where it is set), then start again.',
    { retry: 'later', cause },
  );
}

/** A directory of the workspace that `app` is installed in. User groups are only asked for where they matter. */
export function openDirectory(
  client: WebClient,
  app: AppIdentity,
  options: { readonly userGroups: boolean; readonly log: Log },
): Directory {
  const groups = remembered(async (_all: string, doNotKeep): Promise<readonly KnownGroup[] | null> => {
    if (!options.userGroups) return [];
    try {
      const answer = await patiently(() => client.usergroups.list({ include_users: true }), PATIENCE);
      return groupsSchema.parse(answer).usergroups;
    } catch (error) {
      // People who are named in person still may.
      options.log.warn('the user groups could not be asked for', { error });
      if (hasCode(error, 'slack_refused')) return [];
      doNotKeep();
      return null;
    }
  });
  const actors = remembered(async (userId: string, doNotKeep): Promise<Actor> => {
    const [answer, asked] = await Promise.all([
      patiently(() => client.users.info({ user: userId }), PATIENCE),
      groups('all'),
    ]);
    // With the next click Slack may answer again, and then a group counts.
    if (asked === null) doNotKeep();
    const known = asked ?? [];
    const { user } = userSchema.parse(answer);
    return {
      isForeign: user.is_stranger === true || (user.team_id !== undefined && user.team_id !== app.teamId),
      ...(asked === null ? {} : { groups: groupsOf(user.id, asked) }),
      handles: Object.fromEntries(known.map(({ id, handle }) => [id, handle])),
      id: user.id,
      // The real name, since commits carry it.
      name: user.real_name || user.profile?.real_name || user.profile?.display_name || user.name || user.id,
      email: user.profile?.email ?? null,
      isMember:
        user.team_id === app.teamId &&
        user.deleted !== true &&
        user.is_bot !== true &&
        user.is_restricted !== true &&
        user.is_ultra_restricted !== true &&
        user.is_stranger !== true,
    };
  });
  const channels = remembered(async (channelId: string): Promise<ChannelFacts> => {
    const answer = await patiently(() => client.conversations.info({ channel: channelId }), PATIENCE);
    const { name, topic, is_private, is_im, is_mpim } = channelSchema.parse(answer).channel;
    const isPrivate = is_private === true || is_im === true || is_mpim === true;
    return { name: name || null, topic: topic?.value ?? '', isPrivate };
  });
  return {
    actor: actors,
    nameOf: async (userId) => {
      try {
        const group = (await groups('all'))?.find(({ id }) => id === userId);
        if (group !== undefined) return `@${group.handle}`;
        return (await actors(userId)).name;
      } catch {
        return userId;
      }
    },
    channel: channels,
    channelName: async (channelId) => (await channels(channelId)).name,
  };
}

function groupsOf(userId: string, groups: readonly KnownGroup[]): readonly UserGroup[] {
  return groups.filter(({ users }) => users.includes(userId)).map(({ id, handle }) => ({ id, handle }));
}

/** No person is refused for a user group that Slack did not name. */
export function groupsUnknown(actor: Actor): ThreadsmithError {
  return new ThreadsmithError(
    'slack_unreachable',
    `Slack did not say which user groups ${actor.name} is in.`,
    'Try again in a moment.',
    { retry: 'later' },
  );
}

/** Keeps answers for a while and asks only once for several askers; failures are not kept, nor what asks not to be. */
function remembered<T>(ask: (key: string, doNotKeep: () => void) => Promise<T>): (key: string) => Promise<T> {
  const kept = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();
  return (key) => {
    const now = Date.now();
    const known = kept.get(key);
    if (known !== undefined && known.until > now) return known.answer;
    for (const [old, entry] of kept) if (entry.until <= now) kept.delete(old);
    const answer = ask(key, () => kept.delete(key));
    kept.set(key, { answer, until: now + KEEP_MS });
    answer.catch(() => kept.delete(key));
    return answer;
  };
}

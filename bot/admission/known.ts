// What Slack and the configuration say about a turn: who asks, with what options, for which repo.
import type { WebClient } from '@slack/web-api';
import { type Config, modelsOf } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { type Actor, isUncertain, may } from '../../core/rights/authority.ts';
import type { Session, Turn, TurnDetails } from '../../db/entities/session.ts';
import type { ContentStore } from '../../db/log/artifacts.ts';
import type { Database } from '../../db/schema/database.ts';
import { defaultsOf, type PersonDefaults } from '../../db/slack/people.ts';
import { earlierRequests } from '../../db/turns/threads.ts';
import { resolveLinks } from '../links/resolve.ts';
import type { ReadyRule } from '../links/rules.ts';
import { type AppIdentity, type Directory, groupsUnknown } from '../slack/directory.ts';
import { namesOf } from '../text/names.ts';
import { mentionedUsers, readableText } from '../text/text.ts';
import { type FetchedFiles, fetchFiles } from './files.ts';
import { type AskedOptions, readOptions } from './options.ts';
import { chooseRepo, type RepoChoice } from './repo.ts';
import { type ReadThread, readThread } from './thread.ts';

export interface AdmissionOptions {
  readonly database: Database;
  readonly config: Config;
  readonly client: WebClient;
  readonly directory: Directory;
  readonly content: ContentStore;
  readonly identity: AppIdentity;
  readonly links: readonly ReadyRule[];
}

export interface Known {
  readonly actor: Actor;
  readonly text: string;
  readonly asked: AskedOptions;
  /** Where the session has no repo yet, or another one is asked for. */
  readonly choice: RepoChoice;
  readonly defaults: PersonDefaults;
  readonly details: TurnDetails;
  readonly files: FetchedFiles;
}

/** Looks up what has to be known of a turn. Throws where Slack could not be asked. */
export async function lookUp(options: AdmissionOptions, session: Session, turn: Turn): Promise<Known> {
  const { directory, config, database } = options;
  const actor = await personOf(directory, turn.requester.id);
  if (isUncertain(config.people, 'start', actor)) throw groupsUnknown(actor);
  const names = await namesOf(directory, mentionedUsers(turn.text));
  const said = readableText(turn.text, names);
  const asked = readOptions(said, modelsOf(config.model));
  const own = turn.details.slackFiles ?? [];
  const { channelId, teamId } = session;
  const thread = await threadOf(options, session, turn);
  const isAllowed = may(config.people, 'start', actor);
  const links = isAllowed ? await resolveLinks(options, options.links, said, actor.id) : [];
  const place = await directory.channel(channelId);
  const choice = chooseRepo({
    repos: config.repos,
    text: asked.text,
    option: asked.repo,
    channelId,
    channelName: place.name,
    topic: place.topic,
  });
  return {
    actor,
    text: (turn.kind === 'answer' ? said : asked.text) || wordless(turn, thread),
    asked,
    choice,
    defaults: await defaultsOf(database.em(), { teamId, userId: actor.id }),
    details: {
      ...(thread.lines.length === 0 ? {} : { thread: thread.lines }),
      ...detailsOf(asked),
      ...(links.length === 0 ? {} : { links }),
    },
    // What came with the request itself first: there is room for so many.
    files: isAllowed
      ? await fetchFiles(options.client, options.content, [...own, ...thread.files])
      : { files: [], left: [] },
  };
}

/** A request without words is in what came with it. */
function wordless({ details }: Turn, { lines }: ReadThread): string {
  if ((details.forwarded ?? []).length > 0) return 'See the forwarded message.';
  if ((details.slackFiles ?? []).length > 0) return 'See the attached files.';
  return lines.length > 0 ? 'See what was said in this thread.' : '';
}

function detailsOf({ attempts, planFirst, readOnly }: AskedOptions): TurnDetails {
  return {
    // What is only to be looked into is neither planned nor made several times.
    ...(attempts > 1 && !readOnly ? { attempts } : {}),
    ...(planFirst && !readOnly ? { planFirst } : {}),
    ...(readOnly ? { readOnly } : {}),
  };
}

/** In a thread that people began they talk to each other between their requests, and a request may be about that. */
async function threadOf(
  { client, directory, database, identity: { botUserId } }: AdmissionOptions,
  session: Session,
  turn: Turn,
): Promise<ReadThread> {
  const { kind, messageTs } = turn;
  const { channelId, threadTs } = session;
  if ((kind !== 'mention' && kind !== 'follow_up') || typeof messageTs !== 'string' || messageTs === threadTs)
    return { lines: [], files: [] };
  const { own, readTo } = await earlierRequests(database.em(), turn, threadTs);
  if (own) return { lines: [], files: [] };
  return readThread(client, directory, { channelId, threadTs, messageTs, readTo, botUserId });
}

/** The person who asks. A person whom Slack does not know is no member, and has only the rights given by id. */
async function personOf(directory: Directory, userId: string): Promise<Actor> {
  try {
    return await directory.actor(userId);
  } catch (error) {
    if (error instanceof ThreadsmithError && error.code === 'slack_refused')
      return { id: userId, name: userId, email: null, isMember: false };
    throw error;
  }
}

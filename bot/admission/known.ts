// What Slack and the configuration say about a turn: who asks, with what options, for which repo.
import type { WebClient } from '@slack/web-api';
import type { Actor } from '../../core/authority.ts';
import { type Config, modelsOf } from '../../core/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Database } from '../../db/database.ts';
import type { Session, Turn, TurnDetails } from '../../db/entities/session.ts';
import { defaultsOf, type PersonDefaults } from '../../db/people.ts';
import { mentionedUsers, readableText } from '../intake/text.ts';
import type { Directory } from '../slack/directory.ts';
import { type AskedOptions, readOptions } from './options.ts';
import { chooseRepo, type RepoChoice } from './repo.ts';
import { namesOf, readThread } from './thread.ts';

export interface AdmissionOptions {
  readonly database: Database;
  readonly config: Config;
  readonly client: WebClient;
  readonly directory: Directory;
}

export interface Known {
  readonly actor: Actor;
  readonly text: string;
  readonly asked: AskedOptions;
  /** Where the session has no repo yet, or another one is asked for. */
  readonly choice: RepoChoice;
  readonly defaults: PersonDefaults;
  readonly details: TurnDetails;
}

/** Looks up what has to be known of a turn. Throws where Slack could not be asked. */
export async function lookUp(options: AdmissionOptions, session: Session, turn: Turn): Promise<Known> {
  const { directory, config, database } = options;
  const actor = await personOf(directory, turn.requester.id);
  const names = await namesOf(directory, mentionedUsers(turn.text));
  const asked = readOptions(readableText(turn.text, names), modelsOf(config.model));
  const { channelId, teamId } = session;
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
    text: asked.text,
    asked,
    choice,
    defaults: await defaultsOf(database.em(), { teamId, userId: actor.id }),
    details: { ...(await threadOf(options, session, turn)), ...detailsOf(asked) },
  };
}

function detailsOf({ attempts, planFirst, readOnly }: AskedOptions): TurnDetails {
  return {
    // What is only to be looked into is neither planned nor made several times.
    ...(attempts > 1 && !readOnly ? { attempts } : {}),
    ...(planFirst && !readOnly ? { planFirst } : {}),
    ...(readOnly ? { readOnly } : {}),
  };
}

async function threadOf(
  { client, directory }: AdmissionOptions,
  session: Session,
  { kind, messageTs }: Turn,
): Promise<TurnDetails> {
  const { channelId, threadTs } = session;
  if (kind !== 'mention' || typeof messageTs !== 'string' || messageTs === threadTs) return {};
  return { thread: await readThread(client, directory, { channelId, threadTs, messageTs }) };
}

/** Somebody Slack does not know is nobody in particular, and may nothing unless named. */
async function personOf(directory: Directory, userId: string): Promise<Actor> {
  try {
    return await directory.actor(userId);
  } catch (error) {
    if (error instanceof ThreadsmithError && error.code === 'slack_refused')
      return { id: userId, name: userId, email: null, isMember: false };
    throw error;
  }
}

// Tells a repo's channel that its snapshots cannot be built: once, however often it fails before it works again.
import { snapshotFailedMessage } from '../../blocks/messages/snapshot-failed.ts';
import type { Config, RepoConfig } from '../../core/config/config.ts';
import { type ChannelPlace, channelsOf, snapshotFailures } from '../../db/log/snapshot-failures.ts';
import type { Database } from '../../db/schema/database.ts';
import { wantedPayload } from '../../db/slack/deliveries.ts';
import { bareThread, publishMessage } from '../delivery/deliveries.ts';
import type { Workspaces } from '../slack/workspaces.ts';

/** One round; gives the repos whose channels are told. Several processes may: the delivery's key is the once. */
export async function tellSnapshotFailures(
  database: Database,
  config: Config,
  workspaces: Workspaces,
): Promise<readonly string[]> {
  const told: string[] = [];
  for (const { repo: name, since, failure } of await snapshotFailures(database.em())) {
    const repo = config.repos.find((candidate) => candidate.name === name);
    if (repo === undefined) continue;
    const dedupeKey = `snapshot:${name}:${since}`;
    if ((await wantedPayload(database.em(), dedupeKey)) !== null) continue;
    const place = await channelFor(database, repo, workspaces);
    if (place === null) continue;
    const channel = bareThread({ ...place, threadTs: null });
    const message = snapshotFailedMessage(name, failure);
    await database.transaction((em) => publishMessage(em, dedupeKey, channel, message));
    told.push(name);
  }
  return told;
}

/**
 * The repo's own channel where a session was, else the channel of the newest session. The
 * configuration may name channels by their names, which Slack does not take for a message.
 */
async function channelFor(
  database: Database,
  repo: RepoConfig,
  workspaces: Workspaces,
): Promise<ChannelPlace | null> {
  const known = await channelsOf(database.em(), repo.name);
  const own = repo.channels.map((channel) => channel.replace(/^#/, ''));
  for (const place of known) {
    if (own.includes(place.channelId)) return place;
    const name = await nameOf(workspaces, place).catch(() => null);
    if (name !== null && own.includes(name)) return place;
  }
  return known[0] ?? null;
}

async function nameOf(workspaces: Workspaces, { teamId, channelId }: ChannelPlace): Promise<string | null> {
  const { directory } = await workspaces.of(teamId);
  return directory.channelName(channelId);
}

// Tells a repo's channel that its snapshots cannot be built: once, however often it fails before it works again.
import { snapshotFailedMessage } from '../../blocks/messages/snapshot-failed.ts';
import type { Config, RepoConfig } from '../../core/config/config.ts';
import { type ChannelPlace, channelsOf, snapshotFailures } from '../../db/log/snapshot-failures.ts';
import type { Database } from '../../db/schema/database.ts';
import { wantDelivery } from '../../db/slack/deliveries.ts';
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
    const rows = await database.em().execute('select 1 from delivery where dedupe_key = ?', [dedupeKey]);
    if (Array.isArray(rows) && rows.length > 0) continue;
    const place = await channelFor(database, repo, workspaces);
    if (place === null) continue;
    const { text, blocks } = snapshotFailedMessage(name, failure);
    await database.transaction((em) =>
      wantDelivery(em, {
        dedupeKey,
        kind: 'message',
        sessionId: null,
        turnId: null,
        ...place,
        threadTs: null,
        payload: { text, blocks },
      }),
    );
    told.push(name);
  }
  return told;
}

/**
 * The repo's own channel where somebody was at work there, else the one where somebody was last. The
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

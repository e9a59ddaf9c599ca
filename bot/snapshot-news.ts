// Tells a repo's channel that its snapshots cannot be built: once, however often it fails before it works again.
import { snapshotFailedMessage } from '../blocks/snapshot-failed.ts';
import type { Config, RepoConfig } from '../core/config.ts';
import type { Database } from '../db/database.ts';
import { wantDelivery } from '../db/deliveries.ts';
import { channelsOf, snapshotFailures } from '../db/snapshot-failures.ts';
import type { Directory } from './slack/directory.ts';

/** One round; gives the repos whose channels are told. Several processes may: the delivery's key is the once. */
export async function tellSnapshotFailures(
  database: Database,
  config: Config,
  directory: Directory,
): Promise<readonly string[]> {
  const told: string[] = [];
  for (const { repo: name, since, failure } of await snapshotFailures(database.em())) {
    const repo = config.repos.find((candidate) => candidate.name === name);
    if (repo === undefined) continue;
    const dedupeKey = `snapshot:${name}:${since}`;
    const rows = await database.em().execute('select 1 from delivery where dedupe_key = ?', [dedupeKey]);
    if (Array.isArray(rows) && rows.length > 0) continue;
    const channelId = await channelFor(database, repo, directory);
    if (channelId === null) continue;
    const { text, blocks } = snapshotFailedMessage(name, failure);
    await database.transaction((em) =>
      wantDelivery(em, {
        dedupeKey,
        kind: 'message',
        sessionId: null,
        turnId: null,
        channelId,
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
  directory: Directory,
): Promise<string | null> {
  const known = await channelsOf(database.em(), repo.name);
  const own = repo.channels.map((channel) => channel.replace(/^#/, ''));
  for (const channelId of known) {
    if (own.includes(channelId)) return channelId;
    const name = await directory.channelName(channelId).catch(() => null);
    if (name !== null && own.includes(name)) return channelId;
  }
  return known[0] ?? null;
}

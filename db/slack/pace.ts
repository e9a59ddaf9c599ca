// How fast Slack may be spoken to: from when on each channel takes messages and updates again. In rows, because
// several processes speak to the same channels. https://docs.slack.dev/apis/web-api/rate-limits
import type { EntityManager } from '../schema/database.ts';

/** Slack takes about one message a second in a channel. */
const POST_GAP_MS = 1_000;

export interface PacedChannel {
  /** Null for deliveries without a workspace of their own. */
  readonly teamId: string | null;
  readonly channelId: string;
}

/** Takes a channel's next place for a post, in the transaction of `em`; false where another process has just had it. */
export async function takePost(em: EntityManager, { teamId, channelId }: PacedChannel): Promise<boolean> {
  const rows = await em.execute<unknown[]>(
    `insert into channel_pace (team_id, channel_id, posts_at) values (?, ?, now() + ? * interval '1 millisecond')
     on conflict (team_id, channel_id) do update set posts_at = excluded.posts_at
     where channel_pace.posts_at <= now() returning 1`,
    [teamId ?? '', channelId, POST_GAP_MS],
  );
  return rows.length > 0;
}

/** Slack has a post: it counts from when it took that, which may be well after its place was taken. */
export function notePosted(em: EntityManager, channel: PacedChannel): Promise<void> {
  return pauseChannel(em, channel, 'post', POST_GAP_MS);
}

/** Slack asked to wait with posts or updates in a channel: every process does. */
export async function pauseChannel(
  em: EntityManager,
  { teamId, channelId }: PacedChannel,
  what: 'post' | 'update',
  forMs: number,
): Promise<void> {
  const column = what === 'post' ? 'posts_at' : 'updates_at';
  await em.execute(
    `insert into channel_pace (team_id, channel_id, ${column}) values (?, ?, now() + ? * interval '1 millisecond')
     on conflict (team_id, channel_id) do update set ${column} = greatest(channel_pace.${column}, excluded.${column})`,
    [teamId ?? '', channelId, forMs],
  );
}

// Addresses of messages in Slack, made without asking for them.
import type { AppIdentity } from './directory.ts';

interface ThreadPlace {
  readonly channelId: string;
  readonly threadTs: string;
}

/** The address of a thread's first message in its workspace. */
export function threadUrl(identity: Pick<AppIdentity, 'url'>, { channelId, threadTs }: ThreadPlace): string {
  return `${identity.url.replace(/\/+$/, '')}/archives/${channelId}/p${threadTs.replace('.', '')}`;
}

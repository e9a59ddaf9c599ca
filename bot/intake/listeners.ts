// Bolt's listeners for messages. What they do has committed when they return, and only then Slack gets its
// acknowledgement (see slack/app.ts).
import type { App } from '@slack/bolt';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../db/database.ts';
import type { AppIdentity } from '../slack/directory.ts';
import { readChange, recordChange } from './edits.ts';
import { readMessage } from './message.ts';
import { recordMessage } from './record.ts';

export interface IntakeOptions {
  readonly database: Database;
  readonly identity: AppIdentity;
  readonly log: Log;
}

/** Listens for mentions, replies and direct messages. */
export function listenToMessages(app: App, options: IntakeOptions): void {
  const take = async (body: unknown): Promise<void> => {
    const { botUserId } = options.identity;
    const change = readChange(body, botUserId);
    if (change !== null) {
      const recorded = await recordChange(options.database, change);
      options.log.debug('change of a message', { recorded, kind: change.kind });
      return;
    }
    const message = readMessage(body, botUserId);
    if (message === null) return;
    const recorded = await recordMessage(options.database, message, options.identity.botUserId);
    options.log.debug('message', { recorded, channel: message.channelId, ts: message.ts });
  };
  app.event('app_mention', async ({ body }) => take(body));
  app.event('message', async ({ body }) => take(body));
}

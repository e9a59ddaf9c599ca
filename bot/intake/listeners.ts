// Bolt's listeners for messages. What they do has committed when they return, and only then Slack gets its
// acknowledgement (see slack/app.ts).
import type { App } from '@slack/bolt';
import type { Config } from '../../core/config/config.ts';
import type { Log } from '../../core/log.ts';
import type { Database } from '../../db/schema/database.ts';
import { readAppMessage, ruleFor } from '../alerts/read.ts';
import { recordAlert } from '../alerts/record.ts';
import { teamOf, type WorkspaceLink, type Workspaces } from '../slack/workspaces.ts';
import { readChange, recordChange } from './edits.ts';
import { readMessage } from './message.ts';
import { recordMessage } from './record.ts';

export interface IntakeOptions {
  readonly database: Database;
  readonly config: Config;
  readonly workspaces: Workspaces;
  readonly log: Log;
}

/** Listens for mentions, replies and direct messages. */
export function listenToMessages(app: App, options: IntakeOptions): void {
  const take = async (body: unknown): Promise<void> => {
    const workspace = await options.workspaces.of(teamOf(body));
    const { botUserId } = workspace.identity;
    if (await takeAlert(options, workspace, body)) return;
    const change = readChange(body, botUserId);
    if (change !== null) {
      const recorded = await recordChange(options.database, change, {
        botUserId,
        replies: options.config.replies,
      });
      options.log.debug('change of a message', { recorded, kind: change.kind });
      return;
    }
    const message = readMessage(body, botUserId);
    if (message === null) return;
    const recorded = await recordMessage(options.database, message, {
      botUserId,
      replies: options.config.replies,
    });
    options.log.debug('message', { recorded, channel: message.channelId, ts: message.ts });
  };
  app.event('app_mention', async ({ body }) => take(body));
  app.event('message', async ({ body }) => take(body));
}

/** Takes an alert in; false where the event is none. Throws where Slack could not say what channel it is. */
async function takeAlert(
  options: IntakeOptions,
  { identity, directory }: WorkspaceLink,
  body: unknown,
): Promise<boolean> {
  const { config, database, log } = options;
  if (config.alerts.length === 0) return false;
  const message = readAppMessage(body, identity);
  if (message === null) return false;
  const rule = ruleFor(config.alerts, message, await directory.channelName(message.channelId));
  if (rule === null) {
    // People who write a rule find the ids here.
    log.debug('no rule names this message of another app', { senders: message.senders });
    return false;
  }
  const recorded = await recordAlert(database, rule, message);
  log.debug('alert', { recorded, rule: rule.name, channel: message.channelId, ts: message.ts });
  return true;
}

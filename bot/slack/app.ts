// Bolt's app with one difference: an event is acknowledged after its listeners have ended, and only if none
// of them failed. Bolt itself acknowledges events before it calls a listener, so that a process killed in
// between loses them; unacknowledged, Slack sends them again (https://docs.slack.dev/apis/events-api/#retries).
import { App, type Receiver, type ReceiverEvent } from '@slack/bolt';
import type { Log } from '../../core/log.ts';
import { clientOptions } from './calls.ts';
import type { AppIdentity } from './directory.ts';
import { slackLogger } from './logger.ts';

export interface SlackAppOptions {
  readonly receiver: Receiver;
  readonly token: string;
  readonly apiUrl: string | undefined;
  readonly identity: AppIdentity;
  readonly log: Log;
}

class AckAfterListeners extends App {
  /** Clicks and modals are acknowledged by their listeners, since the answer can carry content. */
  override async processEvent(event: ReceiverEvent): Promise<void> {
    if (event.body['event'] === undefined) return super.processEvent(event);
    await super.processEvent({ ...event, ack: async () => {} });
    await event.ack();
  }
}

/** An app whose listeners are done before the acknowledgement. It asks Slack nothing when an event comes in. */
export function openApp(options: SlackAppOptions): App {
  const { identity } = options;
  return new AckAfterListeners({
    receiver: options.receiver,
    authorize: async () => ({
      botToken: options.token,
      botId: identity.botId,
      botUserId: identity.botUserId,
      teamId: identity.teamId,
    }),
    logger: slackLogger(options.log),
    clientOptions: clientOptions(options.apiUrl, options.log),
    convoStore: false,
  });
}

// Bolt's app with one difference: an event is acknowledged after its listeners have ended, and only if none
// of them failed. Bolt itself acknowledges events before it calls a listener, so that a process killed in
// between loses them; unacknowledged, Slack sends them again (https://docs.slack.dev/apis/events-api/#retries).
import { App, type Receiver, type ReceiverEvent } from '@slack/bolt';
import { z } from 'zod';
import type { Log } from '../../core/log.ts';
import { clientOptions } from './calls.ts';
import { slackLogger } from './logger.ts';
import type { Workspaces } from './workspaces.ts';

const eventSchema = z.object({ event: z.object({ type: z.string() }) });

export interface SlackAppOptions {
  readonly receiver: Receiver;
  readonly workspaces: Workspaces;
  readonly apiUrl: string | undefined;
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

/** An app whose listeners are done before the acknowledgement. An event of a workspace that is known already has Slack asked nothing. */
export function openApp(options: SlackAppOptions): App {
  return new AckAfterListeners({
    receiver: options.receiver,
    authorize: async ({ teamId }, body) => {
      // The token is gone already where Slack says so, and nothing needs it any more.
      const { type } = eventSchema.safeParse(body).data?.event ?? {};
      if (teamId !== undefined && (type === 'app_uninstalled' || type === 'tokens_revoked'))
        return { teamId };
      const { token, identity } = await options.workspaces.of(teamId ?? null);
      return {
        botToken: token,
        botId: identity.botId,
        botUserId: identity.botUserId,
        teamId: identity.teamId,
      };
    },
    logger: slackLogger(options.log),
    clientOptions: clientOptions(options.apiUrl, options.log),
    convoStore: false,
  });
}

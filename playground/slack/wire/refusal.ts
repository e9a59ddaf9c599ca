// How a Web API method says no: Slack answers HTTP 200 with ok:false and a stable error word.
import type { Dict } from '../records/records.ts';

/** Thrown by a method; becomes `{ok:false, error, ...detail}`. */
export class SlackRefusal extends Error {
  readonly slackError: string;
  readonly detail: Dict;

  constructor(slackError: string, detail: Dict = {}) {
    super(slackError);
    this.name = 'SlackRefusal';
    this.slackError = slackError;
    this.detail = detail;
  }
}

/** A refusal with the reasons Slack puts into response_metadata.messages. */
export function refuseWithMessages(slackError: string, messages: string[]): SlackRefusal {
  return new SlackRefusal(slackError, { response_metadata: { messages } });
}

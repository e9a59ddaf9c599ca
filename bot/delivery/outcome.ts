// The outcomes of one delivery to Slack.
import type { CallFailure } from '../slack/calls.ts';

export type Outcome =
  | { readonly kind: 'sent'; readonly slackTs: string | null }
  /** An earlier attempt had worked; its content may be old. */
  | { readonly kind: 'adopted'; readonly slackTs: string }
  /** The message is gone from Slack. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly method: 'post' | 'update' | 'other'; readonly failure: CallFailure };

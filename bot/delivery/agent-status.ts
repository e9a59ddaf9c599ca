// Where a thread stands, for Slack's own list of agent sessions and its Stop button. Only for an app that its
// manifest declares an agent; elsewhere the reaction and the status message say the same.
// https://docs.slack.dev/reference/methods/agents.sessions.setStatus
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { EntityManager } from '../../db/schema/database.ts';
import { type ClaimedDelivery, wantDelivery } from '../../db/slack/deliveries.ts';
import { failureOf } from '../slack/calls.ts';
import type { DeliveryPlace } from './deliveries.ts';
import type { Outcome } from './outcome.ts';

const TITLE_MAX = 200;

const agentStatusPayload = z.object({
  status: z.enum(['processing', 'active', 'suspended', 'closed']),
  title: z.string(),
  initiator: z.string(),
});
export type AgentStatus = z.infer<typeof agentStatusPayload>;

/** Shows the state of a session in Slack's list of agents, at once; a later state replaces it. */
export async function showAgentStatus(
  em: EntityManager,
  place: DeliveryPlace,
  state: AgentStatus,
): Promise<void> {
  const payload: AgentStatus = { ...state, title: state.title.slice(0, TITLE_MAX).toWellFormed() };
  const dedupeKey = `agent:${place.sessionId}`;
  await wantDelivery(em, { ...place, dedupeKey, kind: 'agent_status', payload, urgent: true });
}

/** Apps that Slack does not take for agents: they are not asked again before a restart. */
const NO_AGENTS = new WeakSet<WebClient>();

/** Tells Slack. A refusal is no failure: nothing depends on it. */
export async function sendAgentStatus(client: WebClient, delivery: ClaimedDelivery): Promise<Outcome> {
  const { status, title, initiator } = agentStatusPayload.parse(delivery.payload);
  if (NO_AGENTS.has(client)) return { kind: 'sent', slackTs: null };
  try {
    await client.agents.sessions.setStatus({
      channel_id: delivery.channelId,
      thread_ts: delivery.threadTs ?? '',
      status,
      title,
      // No person began an alert.
      ...(/^[UW][A-Z0-9]+$/.test(initiator) ? { initiator_user_id: initiator } : {}),
    });
  } catch (thrown) {
    const failure = failureOf(thrown);
    if (failure.kind !== 'refused') return { kind: 'failed', method: 'other', failure };
    if (!PASSING.has(failure.error)) NO_AGENTS.add(client);
  }
  return { kind: 'sent', slackTs: null };
}

/** Refused for this thread, not for the app. */
const PASSING: ReadonlySet<string> = new Set([
  'thread_not_found',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
]);

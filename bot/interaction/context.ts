// The context of a click: its Slack workspace, its turn, and whether the person may do what they ask for.
import type { ModalView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import { notAllowed, outOfDate } from '../../blocks/messages/ephemeral.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import type { Config } from '../../core/config/config.ts';
import type { Log } from '../../core/log.ts';
import { type Act, type Actor, isUncertain, may, whoMay } from '../../core/rights/authority.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import type { ContentStore } from '../../db/log/artifacts.ts';
import type { Database, EntityManager } from '../../db/schema/database.ts';
import { type LockedSession, lockSessionOfTurn } from '../../db/turns/requests.ts';
import type { HomeWatch } from '../home/watch.ts';
import { type Patience, patiently } from '../slack/calls.ts';
import { type AppIdentity, type Directory, groupsUnknown } from '../slack/directory.ts';
import { teamOf, type Workspaces } from '../slack/workspaces.ts';

export interface InteractionContext {
  readonly database: Database;
  readonly config: Config;
  readonly client: WebClient;
  readonly directory: Directory;
  readonly identity: AppIdentity;
  readonly content: ContentStore;
  readonly homes: HomeWatch;
  readonly log: Log;
}

/** What a context is made of before its Slack workspace is known: listeners take the one that a click comes from. */
export type ContextParts = Omit<InteractionContext, 'client' | 'directory' | 'identity'> & {
  readonly workspaces: Workspaces;
};

/** The context of the Slack workspace that a click, a command or an event comes from. Throws where the app is not installed. */
export async function contextFor(
  { workspaces, ...parts }: ContextParts,
  body: unknown,
): Promise<InteractionContext> {
  const { client, directory, identity } = await workspaces.of(teamOf(body));
  return { ...parts, client, directory, identity };
}

/** What a click comes to: nothing to say, or a line for the person who clicked. */
export type Reply = FittedMessage | null;

/** The turn that a button belongs to, with its session locked until the transaction ends. */
export interface Target {
  readonly turn: Turn;
  readonly session: Session;
  readonly locked: LockedSession;
}

/**
 * The line for a person who may not do one of these, null where they may do all. Throws `slack_unreachable` where that
 * hangs on a user group and Slack could not be asked.
 */
export function refusal(
  { people }: Pick<Config, 'people'>,
  actor: Actor,
  acts: readonly Act[],
): FittedMessage | null {
  const act = acts.find((wanted) => !may(people, wanted, actor));
  if (act === undefined) return null;
  if (isUncertain(people, act, actor)) throw groupsUnknown(actor);
  return notAllowed(act, whoMay(people, act, actor));
}

/** Runs `decide` on the turn that a button names, as it is now. A turn of another channel is out of reach. */
export async function onTurn(
  ctx: InteractionContext,
  turnId: string,
  channelId: string | null,
  decide: (em: EntityManager, target: Target) => Promise<Reply>,
): Promise<Reply> {
  return ctx.database.transaction(async (em) => {
    const locked = await lockSessionOfTurn(em, turnId);
    const found = await findInReach(em, ctx, turnId, channelId);
    return locked === null || found === null ? outOfDate() : decide(em, { ...found, locked });
  });
}

/** The turn that a button names and its session, null where they are not of this channel. */
export async function findInReach(
  em: EntityManager,
  ctx: InteractionContext,
  turnId: string,
  channelId: string | null,
): Promise<{ readonly turn: Turn; readonly session: Session } | null> {
  const turn = await em.findOne(Turn, { id: turnId });
  if (turn === null) return null;
  const session = await em.findOneOrFail(Session, { id: turn.sessionId });
  if (session.teamId !== ctx.identity.teamId) return null;
  return channelId !== null && session.channelId !== channelId ? null : { turn, session };
}

/**
 * A trigger lasts three seconds: there is time to be asked to wait once.
 * https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
 */
const TRIGGER: Patience = { tries: 2, maxWaitMs: 1_000, once: true };

/** Opens a modal for a click, a shortcut or a command. Throws `slack_refused` or `slack_unreachable`. */
export async function openView(
  { client }: InteractionContext,
  triggerId: string,
  view: ModalView,
): Promise<void> {
  await patiently(() => client.views.open({ trigger_id: triggerId, view }), TRIGGER);
}

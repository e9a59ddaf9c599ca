// Tables of sessions, turns and the messages that they came from.
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Failure } from '../../core/errors.ts';
import type { Proposal } from '../../core/proposal.ts';
import type { TurnResult } from '../../core/result.ts';
import type { SessionState } from '../../core/session.ts';
import type { Person, TurnKind, TurnState, UserGroup } from '../../core/turn.ts';

const SessionSchema = defineEntity({
  name: 'Session',
  tableName: 'session',
  properties: {
    id: p.string().primary(),
    teamId: p.string(),
    channelId: p.string(),
    threadTs: p.string(),
    /** Name of the repo in the configuration, null until one was chosen. */
    repo: p.string().nullable(),
    branch: p.string(),
    /** Number of the attempt whose conversation and sandbox are the session's. */
    attempt: p.integer().default(0),
    state: p.string().$type<SessionState>(),
    /** Commit of the default branch that the session's work started from. */
    baseCommit: p.string().nullable(),
    /** The last commit that was published, null before the first one. */
    headCommit: p.string().nullable(),
    starterId: p.string(),
    /** The branch that the work begins from and is merged into; null for the repo's default. */
    baseBranch: p.string().nullable(),
    /** A model of the configuration, null for the first one. */
    model: p.string().nullable(),
    /** Plain replies are left alone. */
    muted: p.boolean(),
    createdAt: p.datetime().onCreate(() => new Date()),
  },
});
/** One Slack thread being worked on. */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session);

/** A file of a message, as Slack names it. */
export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number | null;
  /** Null where Slack has no content to give. */
  readonly url: string | null;
  /** The person who attached it to an earlier message of the thread. */
  readonly from?: string;
}

/** A file that came with a request, stored as an artifact. */
export interface AttachedFile {
  readonly artifactId: string;
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Who attached it, where that was not the request itself. */
  readonly from?: string;
}

/** What came with somebody's words besides them. */
export interface Attachments {
  /** Messages that were forwarded with the words. */
  readonly forwarded?: readonly { readonly name: string; readonly text: string }[];
  /** Files for the agent. */
  readonly files?: readonly AttachedFile[];
  /** What did not come along, a sentence each. */
  readonly filesLeft?: readonly string[];
  /** What links in the words lead to. */
  readonly links?: readonly { readonly url: string; readonly text: string }[];
}

/** What came with words to a turn under way, kept with the turn that they arrived as. */
export interface LaterAttachments extends Attachments {
  readonly turnId: string;
}

/** What a button or a modal said about the turn that it made. */
export interface TurnDetails extends Attachments {
  /** Of a merge: the head that the person saw. */
  readonly commit?: string;
  /** Of a merge: the turn whose change it is, where its approvals are. */
  readonly changeTurnId?: string;
  /** Of a merge: the person's user groups at the click. */
  readonly groups?: readonly UserGroup[];
  /** The person only had something done that others had asked for. */
  readonly onBehalf?: true;
  /** Of a merge: the person confirmed twice that nothing verified it. */
  readonly unverified?: boolean;
  /** Workers that could not do it, for their engine is away: it waits for another one. */
  readonly leftBy?: readonly string[];
  /** Of a turn that asked: the call that asked. */
  readonly callId?: string;
  /** Of a turn that asked: what a person said, and who. */
  readonly answer?: { readonly text: string; readonly by: string; readonly beside?: LaterAttachments };
  /** Of a message to a turn under way: it asks to stop. */
  readonly stop?: boolean;
  /** Of an alert: its messages, as they are now. */
  readonly alert?: readonly { readonly ts: string; readonly text: string }[];
  /** The turn ends with an answer, whatever it did in its sandbox. */
  readonly readOnly?: boolean;
  /** The agent makes a plan, and a person decides on it before anything is changed. */
  readonly planFirst?: boolean;
  /** The plans that were made, the last one perhaps undecided. */
  readonly plans?: readonly Proposal[];
  /** What came with the newest decision on a plan. */
  readonly decidedWith?: LaterAttachments;
  /** The repo is a model's choice among these; `otherwise` is the person's own default. */
  readonly routing?: {
    readonly choices: readonly string[];
    readonly reason: string;
    readonly otherwise: string | null;
  };
  /** The repo that the work was moved away from, where a branch of it may have been left. */
  readonly left?: string;
  /** How many attempts are made for it, from 2; a plain turn has none of this. */
  readonly attempts?: number;
  /** Of a request that is tried in other ways: the turn whose result is a candidate. */
  readonly tries?: string;
  /** Files that came with the message, as Slack names them; admission takes them over into `files`. */
  readonly slackFiles?: readonly SlackFile[];
  /** What people said in the thread before the request, oldest first. */
  readonly thread?: readonly { readonly name: string; readonly text: string }[];
}

const TurnSchema = defineEntity({
  name: 'Turn',
  tableName: 'turn',
  properties: {
    id: p.string().primary(),
    sessionId: p.string(),
    /** Order within the session, from 0. */
    position: p.integer(),
    kind: p.string().$type<TurnKind>(),
    state: p.string().$type<TurnState>(),
    text: p.text(),
    requester: p.json<Person>(),
    /** `ts` of the message that asked, null for buttons. */
    messageTs: p.string().nullable(),
    details: p.json<TurnDetails>(),
    leaseEpoch: p.integer(),
    leaseOwner: p.string().nullable(),
    leaseUntil: p.datetime().nullable(),
    stateSince: p.datetime(),
    enqueuedAt: p.datetime().nullable(),
    stopRequestedBy: p.string().nullable(),
    result: p.json<TurnResult>().nullable(),
    failure: p.json<Failure>().nullable(),
    createdAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
  },
});
/** One request in a session. */
export class Turn extends TurnSchema.class {}
TurnSchema.setClass(Turn);

const MessageClaimSchema = defineEntity({
  name: 'MessageClaim',
  tableName: 'message_claim',
  properties: {
    teamId: p.string().primary(),
    channelId: p.string().primary(),
    ts: p.string().primary(),
    turnId: p.string().nullable(),
    /** Slack's time of the newest edit that was taken in. */
    editedTs: p.string().nullable(),
    claimedAt: p.datetime(),
  },
});
/** A Slack message that has been turned into a request: it can't become a second one. */
export class MessageClaim extends MessageClaimSchema.class {}
MessageClaimSchema.setClass(MessageClaim);

const MergeClaimSchema = defineEntity({
  name: 'MergeClaim',
  tableName: 'merge_claim',
  properties: {
    sessionId: p.string().primary(),
    commit: p.string().primary(),
    turnId: p.string(),
    person: p.json<Person>(),
    claimedAt: p.datetime(),
  },
});
/** The one person whose click merges this head of this session. */
export class MergeClaim extends MergeClaimSchema.class {}
MergeClaimSchema.setClass(MergeClaim);

export const sessionEntities = [Session, Turn, MessageClaim, MergeClaim];

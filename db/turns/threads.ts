// Messages of a thread and what they are to its session.
import type { ThreadAddress } from '../../core/session.ts';
import type { EntityManager } from '../schema/database.ts';
import type { MessageAddress } from './requests.ts';

export interface ThreadState {
  /** The thread began with a request to the app. */
  readonly own: boolean;
  /** A turn of the thread waits for an answer. */
  readonly waits: boolean;
  readonly muted: boolean;
}

/**
 * The state of a thread that has a session, null where it has none. A turn whose attempts wait for a choice counts as
 * waiting only where the reply is a choice (`isChoice`).
 */
export async function threadState(
  em: EntityManager,
  thread: ThreadAddress,
  { isChoice }: { readonly isChoice: boolean },
): Promise<ThreadState | null> {
  const [row] = await em.execute<ThreadState[]>(
    `select session.muted, coalesce(bool_or(turn.message_ts = session.thread_ts), false) as own,
       coalesce(bool_or(turn.state = 'waiting'
         and (? or not exists (select 1 from attempt where parent_id = turn.id))), false) as waits
     from session left join turn on turn.session_id = session.id
     where session.team_id = ? and session.channel_id = ? and session.thread_ts = ? group by session.id`,
    [isChoice, thread.teamId, thread.channelId, thread.threadTs],
  );
  return row ?? null;
}

export interface EarlierRequests {
  /** The message that the thread began with is one of them. */
  readonly own: boolean;
  /** `ts` of the newest message that is one of them; null where there is none. */
  readonly readTo: string | null;
}

/** The turns of a session that came before this one. */
export async function earlierRequests(
  em: EntityManager,
  { sessionId, position }: { readonly sessionId: string; readonly position: number },
  threadTs: string,
): Promise<EarlierRequests> {
  const [row] = await em.execute<{ own: boolean | null; read_to: string | null }[]>(
    `select bool_or(message_ts = ?) as own, max(message_ts) as read_to from turn
     where session_id = ? and position < ? and kind <> 'answer'`,
    [threadTs, sessionId, position],
  );
  return { own: row?.own === true, readTo: row?.read_to ?? null };
}

/** The turn that a message became; null where it became none, or only an answer to another turn. */
export async function turnOfMessage(em: EntityManager, address: MessageAddress): Promise<string | null> {
  const rows = await em.execute<{ id: string }[]>(
    `select turn.id from message_claim join turn on turn.id = turn_id
     where team_id = ? and channel_id = ? and ts = ? and kind <> 'answer'`,
    [address.teamId, address.channelId, address.ts],
  );
  return rows[0]?.id ?? null;
}

// PostgreSQL's LISTEN/NOTIFY: a hint that there is something new, so that pollers need not wait. Hints can
// be lost (a dropped connection), so every listener polls as well.
import pg from 'pg';
import type { Log } from '../../core/log.ts';
import type { EntityManager } from '../schema/database.ts';

/** `warm <repo>`: somebody begins to ask for work in that repo. */
export type Topic = 'outbox' | 'event' | 'delivery' | 'stop' | 'attempts' | `warm ${string}`;

export const CHANNEL = 'threadsmith';
const RECONNECT_MS = 1000;

/** Sends a hint when the transaction of `em` commits; several in one transaction arrive as one. */
export async function notify(em: EntityManager, topic: Topic): Promise<void> {
  await em.execute('select pg_notify(?, ?)', [CHANNEL, topic]);
}

/** The repo of a `warm` hint, null for any other. */
export function repoToWarm(topic: string): string | null {
  return topic.startsWith('warm ') ? topic.slice('warm '.length) : null;
}

export interface Listener {
  close(): Promise<void>;
}

/** Calls `onHint` for each hint until it is closed; reconnects by itself. `name` is what others see of it. */
export function listen(
  databaseUrl: string,
  onHint: (topic: string) => void,
  log: Log,
  name = 'threadsmith',
): Listener {
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    if (closed) return;
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true, application_name: name });
    client = next;
    next.on('notification', (message) => onHint(message.payload ?? ''));
    next.on('error', (error) => log.warn('the listening connection to PostgreSQL failed', { error }));
    next.on('end', again);
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
    } catch (error) {
      log.warn('could not listen to PostgreSQL', { error });
      await next
        .end()
        .catch((cause: unknown) => log.debug('a failed connection did not end', { error: cause }));
    }
  };
  const again = (): void => {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void connect();
    }, RECONNECT_MS);
  };
  void connect();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

// Connections that break while somebody has them. The query builder gives back a transaction's connection only
// where it could still be rolled back, so each that broke would be missing from the pool for ever: with the last
// one the process would wait without end.
import type pg from 'pg';

/** Gives connections back to the pool, to be thrown away, as soon as they break. */
export function giveBackBroken(pool: pg.Pool): void {
  const lent = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => lent.add(client));
  pool.on('release', (_error, client) => lent.delete(client));
  pool.on('connect', (client) => {
    client.on('error', () => {
      if (!lent.has(client)) return;
      const release = client.release.bind(client);
      // Whoever has it may give it back as well.
      client.release = () => undefined;
      release(true);
    });
  });
}

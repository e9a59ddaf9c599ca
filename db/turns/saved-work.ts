// Which sandbox has a session's newest work, and what of it is not published: kept here, and not in a folder,
// so that a worker on another machine finds it, and so that it is written only while the lease holds.
import type { EntityManager } from '../schema/database.ts';

/** A git bundle that is larger is not kept. Written after each step that changed files, so not too large. */
export const MAX_SAVED_BYTES = 8 * 1024 * 1024;

/** Work over a commit, as a git bundle that a sandbox made. Only sandboxes open it. */
export interface UnpublishedWork {
  readonly parent: string;
  /** The commit of the default branch that was merged into it, or null. */
  readonly merged: string | null;
  readonly bundle: Uint8Array;
}

export interface SavedWork {
  /** Names the sandbox: one that has another name has been left behind. */
  readonly sandbox: string;
  readonly unpublished: UnpublishedWork | null;
}

/** What is known of the work in the sandbox of this key; null where no sandbox was ever noted down. */
export async function savedWorkOf(em: EntityManager, key: string): Promise<SavedWork | null> {
  const rows = await em.execute<
    { sandbox: string; parent: string | null; merged: string | null; bundle: Buffer | null }[]
  >('select sandbox, parent, merged, bundle from saved_work where key = ?', [key]);
  const row = rows[0];
  if (row === undefined) return null;
  const { sandbox, parent, merged, bundle } = row;
  return { sandbox, unpublished: parent === null || bundle === null ? null : { parent, merged, bundle } };
}

/** Notes that this sandbox has the newest work from here on. What is kept stays. */
export async function noteSandbox(em: EntityManager, key: string, sandbox: string): Promise<void> {
  await em.execute(
    `insert into saved_work (key, sandbox) values (?, ?)
     on conflict (key) do update set sandbox = excluded.sandbox where saved_work.sandbox <> excluded.sandbox`,
    [key, sandbox],
  );
}

/** Keeps what this sandbox has; null where it has nothing unpublished. False where another has the newest work. */
export async function saveWork(
  em: EntityManager,
  key: string,
  sandbox: string,
  work: UnpublishedWork | null,
): Promise<boolean> {
  const bundle = work === null ? null : Buffer.from(work.bundle);
  const rows = await em.execute<unknown[]>(
    `update saved_work set parent = ?, merged = ?, bundle = ?, saved_at = now()
     where key = ? and sandbox = ? returning 1`,
    [work?.parent ?? null, work?.merged ?? null, bundle, key, sandbox],
  );
  return rows.length > 0;
}

/** Everything is published, or nothing of it is wanted any more. */
export async function dropSavedWork(em: EntityManager, key: string): Promise<void> {
  await em.execute('update saved_work set parent = null, merged = null, bundle = null where key = ?', [key]);
}

/** As if no sandbox had ever been noted down. */
export async function forgetWork(em: EntityManager, key: string): Promise<void> {
  await em.execute('delete from saved_work where key = ?', [key]);
}

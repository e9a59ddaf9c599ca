// Artifacts: rows in PostgreSQL, content in a folder of the data directory, named by its hash.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Artifact, ArtifactStore } from '../../core/artifact.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { redactAll, redactContent } from '../../core/redact.ts';
import { ArtifactRow } from '../entities/log.ts';
import type { Database, EntityManager } from '../schema/database.ts';
import { fenced, type Lease } from '../schema/lease.ts';

/** Content of artifacts, by a key that `put` gives. */
export interface ContentStore {
  /** Keeps the content; the same content gives the same key. */
  put(content: Uint8Array): Promise<string>;
  /** Throws `artifact_refused` where the key is unknown. */
  get(key: string): Promise<Uint8Array>;
}

/** A content store in a folder. */
export function openContentFolder(folder: string): ContentStore {
  const pathOf = (key: string) => join(folder, key.slice(0, 2), key);
  return {
    put: async (content) => {
      const key = createHash('sha256').update(content).digest('hex');
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const draft = `${path}.${randomUUID()}`;
      await writeFile(draft, content, { flag: 'wx', mode: 0o600 });
      await rename(draft, path);
      return key;
    },
    get: async (key) => {
      try {
        return await readFile(pathOf(key));
      } catch (cause) {
        throw new ThreadsmithError(
          'artifact_refused',
          'The content of this file is no longer there.',
          'Ask for it again in the thread.',
          { cause },
        );
      }
    },
  };
}

/** The artifacts of a turn for the worker that has it. */
export function openArtifacts(database: Database, content: ContentStore, lease: Lease): ArtifactStore {
  return {
    save: async (given) => {
      const { content: bytes, ...named } = given;
      const artifact = {
        ...redactAll(named, database.redact),
        content: redactContent(bytes, database.redact),
      };
      const storeKey = await content.put(artifact.content);
      const row = {
        id: randomUUID(),
        sessionId: lease.sessionId,
        turnId: lease.turnId,
        kind: artifact.kind,
        name: artifact.name,
        mimeType: artifact.mimeType,
        sizeBytes: artifact.content.byteLength,
        altText: artifact.altText,
      };
      await fenced(database, lease, async (em) => {
        await em.insert(ArtifactRow, { ...row, storeKey, slackFileId: null, createdAt: new Date() });
      });
      return row;
    },
    read: async (id) => readArtifact(database.em(), content, id),
  };
}

/** An artifact with its content. Throws `artifact_refused` where there is none. */
export async function readArtifact(
  em: EntityManager,
  content: ContentStore,
  id: string,
): Promise<{ readonly artifact: Artifact; readonly content: Uint8Array }> {
  const row = await em.findOne(ArtifactRow, { id });
  if (row === null)
    throw new ThreadsmithError(
      'artifact_refused',
      'There is no such file in this session.',
      'Ask for it again in the thread.',
    );
  const { sessionId, turnId, kind, name, mimeType, sizeBytes, altText, storeKey } = row;
  const artifact: Artifact = {
    id,
    sessionId,
    turnId: turnId ?? null,
    kind,
    name,
    mimeType,
    sizeBytes,
    altText,
  };
  return { artifact, content: await content.get(storeKey) };
}

// Keeps artifacts in a folder, for runs in the terminal.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Artifact, ArtifactStore } from '../../core/artifact.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { nothingHidden, type Redact, redactAll, redactContent } from '../../core/redact.ts';

const artifactSchema = z.object({
  id: z.string(),
  sessionId: z.string(),
  turnId: z.string().nullable(),
  kind: z.enum(['screenshot', 'diff', 'log', 'image', 'recording', 'file']),
  name: z.string(),
  mimeType: z.string(),
  sizeBytes: z.number(),
  altText: z.string(),
});

/** Opens a store. Its ids are hashes, so that content that is saved twice is there once. Text in it is redacted. */
export function openFileArtifacts(
  folder: string,
  sessionId: string,
  turnId: string,
  redact: Redact = nothingHidden,
): ArtifactStore {
  return {
    save: async ({ content: given, ...about }) => {
      const named = redactAll(about, redact);
      const content = redactContent(given, redact);
      await mkdir(folder, { recursive: true });
      const id = createHash('sha256').update(named.name).update(content).digest('hex').slice(0, 24);
      const artifact: Artifact = { id, sessionId, turnId, ...named, sizeBytes: content.length };
      await writeFile(join(folder, `${id}.new`), content);
      await rename(join(folder, `${id}.new`), join(folder, id));
      await writeFile(join(folder, `${id}.json`), JSON.stringify(artifact));
      return artifact;
    },
    read: async (id) => {
      if (!/^[0-9a-f]{24}$/.test(id)) throw missing(id);
      try {
        const about: unknown = JSON.parse(await readFile(join(folder, `${id}.json`), 'utf8'));
        return { artifact: artifactSchema.parse(about), content: await readFile(join(folder, id)) };
      } catch (cause) {
        throw missing(id, cause);
      }
    },
  };
}

function missing(id: string, cause?: unknown): ThreadsmithError {
  return new ThreadsmithError(
    'artifact_refused',
    `There is no artifact ${id}.`,
    'Look for its name in the folder.',
    {
      cause,
    },
  );
}

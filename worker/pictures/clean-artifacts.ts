// The way into the artifacts for pictures: what came out of a sandbox is decoded and encoded afresh, so that
// neither Slack, nor the model, nor anybody's screen gets bytes that a sandbox chose.
import type { ArtifactStore, NewArtifact } from '../../core/artifact.ts';
import { rewritePicture } from './jobs.ts';
import { pictureTypeOf } from './pixels.ts';

/** The same store; pictures that are no PNG or JPEG throw `artifact_refused`. Recordings are made outside. */
export function cleanPictures(store: ArtifactStore): ArtifactStore {
  return {
    read: (id) => store.read(id),
    save: async (artifact) => store.save(isPicture(artifact) ? await cleaned(artifact) : artifact),
  };
}

async function cleaned(artifact: NewArtifact): Promise<NewArtifact> {
  const { type, content } = await rewritePicture(artifact.content);
  return { ...artifact, mimeType: type, content };
}

/** By content as well: a picture under another name is shown as one all the same. */
function isPicture({ kind, mimeType, content }: NewArtifact): boolean {
  if (kind === 'recording') return false;
  return mimeType.startsWith('image/') || pictureTypeOf(content) !== null;
}

// Decodes and encodes each picture from a sandbox before it is stored, so that neither Slack, nor the model, nor a
// person's screen gets bytes that a sandbox chose.
import type { ArtifactStore, NewArtifact } from '../../core/artifact.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { formatOf, type PictureFormat } from './format.ts';
import { rewritePicture } from './jobs.ts';

const REWRITTEN: ReadonlySet<PictureFormat> = new Set(['PNG', 'JPEG']);

/**
 * Wraps a store. Pictures that are neither PNG nor JPEG throw `artifact_refused`. Recordings are made by the worker and
 * stored as they are.
 */
export function cleanPictures(store: ArtifactStore): ArtifactStore {
  return {
    read: (id) => store.read(id),
    save: async (artifact) => store.save(isPicture(artifact) ? await cleaned(artifact) : artifact),
  };
}

async function cleaned(artifact: NewArtifact): Promise<NewArtifact> {
  const format = formatOf(artifact.content);
  if (format !== null && !REWRITTEN.has(format)) throw notRewritten(format);
  const { type, content } = await rewritePicture(artifact.content);
  return { ...artifact, mimeType: type, content };
}

/** The content counts too, because programs show a picture under any name. */
function isPicture({ kind, mimeType, content }: NewArtifact): boolean {
  if (kind === 'recording') return false;
  return mimeType.startsWith('image/') || formatOf(content) !== null;
}

function notRewritten(format: PictureFormat): ThreadsmithError {
  return new ThreadsmithError(
    'artifact_refused',
    `The picture cannot be used: it is ${format === 'icon' ? 'an icon file' : `in the format ${format}`}, and only PNG and JPEG are encoded afresh before people open them.`,
    'Save it as a PNG or JPEG of ordinary size.',
  );
}

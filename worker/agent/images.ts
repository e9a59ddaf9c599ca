// Reads the pictures of a conversation for the model, each once per run.
import type { ArtifactStore } from '../../core/artifact.ts';
import { hasCode } from '../../core/errors.ts';
import type { ConversationEntry } from '../../core/journal.ts';
import type { ImageContent } from '../model/model.ts';

/** Pictures by artifact id. */
export class ImageCache {
  readonly #artifacts: ArtifactStore;
  readonly #images = new Map<string, ImageContent>();
  readonly #missing = new Set<string>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  /** All pictures that were named so far, those of these entries included. Missing artifacts are left out. */
  async of(entries: readonly ConversationEntry[]): Promise<ReadonlyMap<string, ImageContent>> {
    const ids = entries.flatMap((entry) => (entry.kind === 'response' ? [] : (entry.imageArtifactIds ?? [])));
    for (const id of ids) await this.#fetch(id);
    return this.#images;
  }

  async #fetch(id: string): Promise<void> {
    if (this.#images.has(id) || this.#missing.has(id)) return;
    try {
      const { artifact, content } = await this.#artifacts.read(id);
      const base64 = Buffer.from(content).toString('base64');
      this.#images.set(id, { mimeType: artifact.mimeType, base64 });
    } catch (thrown) {
      if (!hasCode(thrown, 'artifact_refused')) throw thrown;
      this.#missing.add(id);
    }
  }
}

// Conversations for models that take text only: a picture in one would end the session for good.
import { hasCode } from '../../core/errors.ts';
import type { ConversationEntry } from '../../core/journal.ts';
import type { ModelRequest } from './model.ts';

const UNSEEN = '[There is a picture here, which you cannot see: this model takes text only.]';

/** What one model has shown of its eyes. */
export class Eyesight {
  #isBlind: boolean;

  constructor(isBlind: boolean) {
    this.#isBlind = isBlind;
  }

  /**
   * Asks with the conversation that the model can take: without its pictures where the model is known to take none,
   * and once more without them where the server refuses them now. It is not asked with pictures again then.
   */
  async ask<Answer>(
    request: ModelRequest,
    send: (request: ModelRequest) => Promise<Answer>,
  ): Promise<Answer> {
    if (this.#isBlind) return send(withoutImages(request));
    try {
      return await send(request);
    } catch (thrown) {
      if (!hasCode(thrown, 'model_takes_no_images') || !request.entries.some(hasImages)) throw thrown;
      this.#isBlind = true;
      return send(withoutImages(request));
    }
  }
}

function hasImages(entry: ConversationEntry): boolean {
  return entry.kind !== 'response' && (entry.imageArtifactIds ?? []).length > 0;
}

function withoutImages(request: ModelRequest): ModelRequest {
  return { ...request, images: new Map(), entries: request.entries.map(inWords) };
}

function inWords(entry: ConversationEntry): ConversationEntry {
  if (entry.kind === 'response' || !hasImages(entry)) return entry;
  const { imageArtifactIds: _, ...rest } = entry;
  return rest.kind === 'message'
    ? { ...rest, text: `${rest.text}\n${UNSEEN}` }
    : { ...rest, output: `${rest.output}\n${UNSEEN}` };
}

// Leaves pictures out for models that take text only: a picture would otherwise end the session for good.
import { hasCode } from '../../core/errors.ts';
import type { ConversationEntry } from '../../core/journal.ts';
import type { ModelRequest } from './model.ts';

const UNSEEN = '[There is a picture here, which you cannot see: this model takes text only.]';

/** Whether one model takes pictures, as far as its name or its server has said so. */
export class ImageSupport {
  #takes: 'images' | 'text_only';

  constructor(takes: 'images' | 'text_only') {
    this.#takes = takes;
  }

  /**
   * Sends the request as the model can take it: without pictures where the model is known to take none. Where the
   * server refuses them only now, the request is sent once more without them, and so are all later ones.
   */
  async ask<Answer>(
    request: ModelRequest,
    send: (request: ModelRequest) => Promise<Answer>,
  ): Promise<Answer> {
    if (this.#takes === 'text_only') return send(withoutImages(request));
    try {
      return await send(request);
    } catch (thrown) {
      if (!hasCode(thrown, 'model_takes_no_images') || !request.entries.some(hasImages)) throw thrown;
      this.#takes = 'text_only';
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

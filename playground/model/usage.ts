// Token counts that behave like real ones: proportional to the text, cached where the prompt repeats.

import type { Answer, Usage } from './answer.ts';
import type { Alternative } from './script.ts';
import type { Transcript } from './transcript.ts';

const charactersPerToken = 4;
const rememberedConversations = 200;

/** Remembers the last prompt of each conversation, as a provider's prompt cache does. */
export class PromptCache {
  readonly #last = new Map<string, string>();

  /** The usage of one answered request; its prompt becomes what the next one is compared with. */
  price(transcript: Transcript, answer: Answer, recorded: Alternative['usage']): Usage {
    const { conversation, prompt } = transcript;
    const shared = commonPrefixLength(this.#last.get(conversation) ?? '', prompt);
    this.#last.delete(conversation);
    this.#last.set(conversation, prompt);
    const oldest = this.#last.keys().next().value;
    if (this.#last.size > rememberedConversations && oldest !== undefined) {
      this.#last.delete(oldest);
    }
    const said = answer.text + answer.calls.map((call) => call.name + call.arguments).join('');
    const reasoningTokens = tokens(answer.thinking);
    return {
      inputTokens: recorded?.input_tokens ?? tokens(prompt),
      cachedTokens: recorded?.cached_tokens ?? Math.floor(shared / charactersPerToken),
      outputTokens: recorded?.output_tokens ?? tokens(said) + reasoningTokens,
      reasoningTokens,
    };
  }

  clear(): void {
    this.#last.clear();
  }
}

function tokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function commonPrefixLength(left: string, right: string): number {
  const limit = Math.min(left.length, right.length);
  let length = 0;
  while (length < limit && left.charCodeAt(length) === right.charCodeAt(length)) {
    length += 1;
  }
  return length;
}

// One conversation in words that both APIs share. Everything the server decides is decided from this.

/** A call the model made earlier, as the product sent it back. */
export interface PastCall {
  readonly id: string;
  readonly name: string;
}

export type Entry =
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'assistant'; readonly text: string; readonly calls: readonly PastCall[] }
  | { readonly kind: 'result'; readonly callId: string; readonly text: string };

export interface Transcript {
  readonly model: string;
  /** Instructions: system and developer text before the first user message. */
  readonly system: string;
  readonly entries: readonly Entry[];
  readonly toolNames: readonly string[];
  readonly stream: boolean;
  /** What the provider would cache by: a key the product named, or what the conversation began with. */
  readonly conversation: string;
  /** The whole prompt as text, in the order in which a provider reads it. */
  readonly prompt: string;
}

/** The request is not one that the real API would take. Becomes an error answer in OpenAI's shape. */
export class RefusedRequest extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(status: number, message: string, code: string | null = null, param: string | null = null) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

/** Splits off the instructions that stand before the first user message. */
export function takeSystem(entries: readonly Entry[]): { system: string; rest: readonly Entry[] } {
  const first = entries.findIndex((entry) => entry.kind !== 'note');
  const cut = first === -1 ? entries.length : first;
  const system = entries.slice(0, cut).map((entry) => (entry.kind === 'note' ? entry.text : ''));
  return { system: system.join('\n'), rest: entries.slice(cut) };
}

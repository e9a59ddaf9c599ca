// Lists what single vendors require beyond OpenAI's protocol, each line with its source. The model's name says which
// vendor it is, since gateways serve all of them at one address.
import { createHash } from 'node:crypto';

export interface Quirks {
  /** Fields that every message of the model has to have, with the value where it has none of its own. */
  readonly messageFields?: Readonly<Record<string, unknown>>;
  /** The same for the first call of a message. */
  readonly firstCallFields?: Readonly<Record<string, unknown>>;
  /** The form that ids of calls must have, and an id of that form for another one. */
  readonly callIds?: { readonly form: RegExp; readonly make: (id: string) => string };
  /** What the model has to say between results of tools and the next words of people. */
  readonly afterResults?: string;
  /** The model takes text only. */
  readonly noImages?: boolean;
}

const TABLE: readonly { readonly models: RegExp; readonly quirks: Quirks }[] = [
  {
    // https://api-docs.deepseek.com/guides/thinking_mode: messages of a thread with calls are refused without
    // their `reasoning_content`, also where another model wrote them. The API takes text only.
    models: /deepseek/i,
    quirks: { messageFields: { reasoning_content: '' }, noImages: true },
  },
  {
    // https://ai.google.dev/gemini-api/docs/thought-signatures: calls that another model made carry this word
    // in place of a signature.
    models: /gemini/i,
    quirks: {
      firstCallFields: {
        extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } },
      },
    },
  },
  {
    // https://docs.mistral.ai/capabilities/function_calling: an id has nine letters and digits, and after a tool
    // comes the assistant.
    models: /mistral|ministral|magistral|codestral|devstral|pixtral/i,
    quirks: { callIds: { form: /^[a-zA-Z0-9]{9}$/, make: nineLetters }, afterResults: 'I see.' },
  },
];

const NONE: Quirks = {};

/** The quirks of a model by its name; none for most. */
export function quirksOf(model: string): Quirks {
  return TABLE.find(({ models }) => models.test(model))?.quirks ?? NONE;
}

/** The same id gives the same letters: requests of a turn begin alike, and results find their calls. */
function nineLetters(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 9);
}

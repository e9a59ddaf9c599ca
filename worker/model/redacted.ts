// Keeps known secrets from a model.
import type { ConversationEntry } from '../../core/journal.ts';
import { nothingHidden, type Redact, redactAll } from '../../core/redact.ts';
import type { Model } from './model.ts';

/** The same model, with secrets redacted in requests, tool results, summaries and instructions. */
export function redactedModel(model: Model, redact: Redact): Model {
  if (redact === nothingHidden) return model;
  // Every step sends the whole conversation; each entry is redacted once.
  const known = new WeakMap<ConversationEntry, ConversationEntry>();
  const redacted = (entry: ConversationEntry): ConversationEntry => {
    // What the model said itself has to come back as it was, and holds nothing that it did not see.
    if (entry.kind === 'response') return entry;
    const before = known.get(entry);
    if (before !== undefined) return before;
    const after = redactAll(entry, redact);
    known.set(entry, after);
    return after;
  };
  return {
    name: model.name,
    api: model.api,
    respond: (request, options) =>
      model.respond(
        {
          ...request,
          instructions: redact(request.instructions),
          entries: request.entries.map(redacted),
          tools: redactAll(request.tools, redact),
        },
        options,
      ),
  };
}

// Keeps a journal in a file of JSON lines, for runs in the terminal: a run that was killed goes on when it is
// started again, and no database is needed.
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Journal, PlacedEntry } from '../../core/journal.ts';
import { nothingHidden, type Redact, redactAll } from '../../core/redact.ts';

const messageSchema = z.object({
  kind: z.literal('message'),
  id: z.string().exactOptional(),
  text: z.string(),
  imageArtifactIds: z.array(z.string()).exactOptional(),
});
const usageSchema = z.object({ inputTokens: z.number(), cachedTokens: z.number(), outputTokens: z.number() });

const entrySchema = z.discriminatedUnion('kind', [
  messageSchema,
  z.object({
    kind: z.literal('compaction'),
    text: z.string(),
    messages: z.array(messageSchema),
    keeps: z.int().min(0),
    usage: usageSchema,
  }),
  z.object({
    kind: z.literal('response'),
    model: z.string(),
    text: z.string(),
    toolCalls: z.array(z.object({ callId: z.string(), name: z.string(), argumentsText: z.string() })),
    usage: usageSchema,
    opaque: z.object({ api: z.string(), items: z.array(z.unknown()) }).exactOptional(),
  }),
  z.object({
    kind: z.literal('tool_result'),
    callId: z.string(),
    ok: z.boolean(),
    output: z.string(),
    imageArtifactIds: z.array(z.string()).exactOptional(),
    used: z.object({ model: z.string(), steps: z.number(), usage: usageSchema }).exactOptional(),
  }),
]);

const lineSchema = z.object({
  turnId: z.string(),
  place: z.int().min(0),
  entries: z.array(entrySchema),
});

/**
 * Opens a journal; the entries that this process appends belong to `turnId` and are redacted. One append is one
 * line, so it is kept as a whole or not at all.
 */
export function openFileJournal(path: string, turnId: string, redact: Redact = nothingHidden): Journal {
  cutOffHalfLine(path);
  let next = placesIn(path).length;
  return {
    load: async () => placesIn(path),
    append: async (place, entries) => {
      if (place !== next) {
        throw new ThreadsmithError(
          'lease_lost',
          `Place ${place} of the journal is taken.`,
          'End the other run of this journal.',
        );
      }
      const line = JSON.stringify({ turnId, place, entries: redactAll(entries, redact) });
      appendFileSync(path, `${line}\n`, { mode: 0o600, flush: true });
      next += entries.length;
    },
  };
}

function placesIn(path: string): readonly PlacedEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    if (line === '') return [];
    const { turnId, place, entries } = lineSchema.parse(JSON.parse(line));
    return entries.map((entry, index) => ({ turnId, place: place + index, entry }));
  });
}

/** Removes what follows the last line break: a process was killed while it wrote that. */
function cutOffHalfLine(path: string): void {
  if (!existsSync(path)) return;
  const content = readFileSync(path);
  truncateSync(path, content.lastIndexOf('\n') + 1);
}

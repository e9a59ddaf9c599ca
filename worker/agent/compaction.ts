// Compaction: a summary takes the place of the older part of a long conversation. The journal keeps everything; an
// entry of kind `compaction` only says what the model sees from then on.
import type { CompactionEntry, ConversationEntry, JournalEntry, MessageEntry } from '../../core/journal.ts';
import type { Model } from '../model/model.ts';
import { summaryText, writeSummary } from './summary.ts';
import type { Transcript } from './transcript.ts';

/** Compaction begins at this share of the model's context, so that the next answer still fits. */
const FULL_SHARE = 0.8;
/** Holds for code and output of programs; plain text has more characters to a token. */
const CHARS_PER_TOKEN = 3.5;
/** A picture costs about as much as this, however many bytes it has. */
const IMAGE_CHARS = 5_000;
/** At most so many of the last steps stay as they are, and at most this share of the conversation. */
const KEPT_STEPS = 8;
const KEPT_SHARE = 0.25;
const MIN_STEPS_BETWEEN = 4;

/** What the model sees of a transcript: all of it, or what the last compaction left and what came after. */
export function visible(entries: readonly JournalEntry[]): readonly ConversationEntry[] {
  const at = lastCompaction(entries);
  const last = entries[at];
  if (last?.kind !== 'compaction') return entries.filter(isConversation);
  const summary: MessageEntry = { kind: 'message', text: last.text };
  return [summary, ...last.messages, ...entries.slice(firstAsItIs(entries)).filter(isConversation)];
}

/** Whether the next request would come too close to the end of the model's context. */
export function isNearlyFull(
  entries: readonly JournalEntry[],
  instructions: string,
  contextTokens: number,
): boolean {
  const cut = lastCompaction(entries);
  // A long prompt would otherwise be followed by one compaction after the other, which gain nothing.
  const steps = entries.slice(cut + 1).filter((entry) => entry.kind === 'response').length;
  if (cut >= 0 && steps < MIN_STEPS_BETWEEN) return false;
  const answered = entries.findLastIndex((entry) => entry.kind === 'response');
  const last = entries[answered];
  // The server's count is exact. Some servers count nothing, and no count holds after a compaction.
  const counted = last?.kind === 'response' ? last.usage.inputTokens + last.usage.outputTokens : 0;
  const tokens =
    counted > 0 && answered > cut
      ? counted + charsIn(entries.slice(answered + 1)) / CHARS_PER_TOKEN
      : (charsIn(visible(entries)) + instructions.length) / CHARS_PER_TOKEN;
  return tokens > contextTokens * FULL_SHARE;
}

/** What stays as it is: the recent steps or, where those did not fit either, at most the last one. */
export type CompactionReach = 'recent_steps' | 'last_step';

export interface CompactionOptions {
  readonly transcript: Transcript;
  readonly model: Model;
  readonly contextTokens: number;
  readonly reach: CompactionReach;
  readonly signal: AbortSignal;
}

/**
 * The entry that shortens the conversation, or null where there is nothing to leave out. Throws only the signal's
 * reason: where the model cannot sum up, its own words from the steps take the place of the summary.
 */
export async function compactionOf(options: CompactionOptions): Promise<CompactionEntry | null> {
  const { transcript, model, contextTokens, reach, signal } = options;
  const { entries } = transcript;
  const since = entries.slice(firstAsItIs(entries));
  const seen = visible(entries);
  // The share is one of the conversation: where a server says that it is full, the configured context is wrong.
  const shareChars = charsIn(seen) * KEPT_SHARE;
  const most =
    reach === 'recent_steps'
      ? entriesToKeep(since, KEPT_STEPS, shareChars)
      : entriesToKeep(since, 1, Infinity);
  const requests = transcript.requests();
  for (const keeps of [most, 0]) {
    const kept = new Set<JournalEntry>(since.slice(since.length - keeps));
    const left = seen.filter((entry) => !kept.has(entry));
    if (left.every((entry) => entry.kind === 'message')) continue;
    const { text, usage } = await writeSummary(model, left, contextTokens * CHARS_PER_TOKEN, signal);
    const messages = requests.filter((message) => !kept.has(message));
    return { kind: 'compaction', text: summaryText(text, entries, requests), messages, keeps, usage };
  }
  return null;
}

/** How many of the last entries stay: whole steps, since a result without its call is refused by servers. */
function entriesToKeep(since: readonly JournalEntry[], maxSteps: number, maxChars: number): number {
  let keeps = 0;
  let steps = 0;
  for (let at = since.length - 1; at >= 0 && steps < maxSteps; at -= 1) {
    if (charsIn(since.slice(at).filter(isConversation)) > maxChars) break;
    if (since[at]?.kind !== 'response') continue;
    steps += 1;
    keeps = since.length - at;
  }
  return keeps;
}

function charsIn(entries: readonly JournalEntry[]): number {
  return entries.reduce((sum, entry) => sum + charsOf(entry), 0);
}

function charsOf(entry: JournalEntry): number {
  switch (entry.kind) {
    case 'message':
      return entry.text.length + IMAGE_CHARS * (entry.imageArtifactIds?.length ?? 0);
    case 'tool_result':
      return entry.output.length + IMAGE_CHARS * (entry.imageArtifactIds?.length ?? 0);
    case 'response':
      return entry.toolCalls.reduce((sum, call) => sum + call.argumentsText.length + 100, entry.text.length);
    case 'compaction':
      return entry.text.length + charsIn(entry.messages);
  }
}

/** The index from which on the model sees entries as they are. */
function firstAsItIs(entries: readonly JournalEntry[]): number {
  const at = lastCompaction(entries);
  const last = entries[at];
  return last?.kind === 'compaction' ? at - last.keeps : 0;
}

function lastCompaction(entries: readonly JournalEntry[]): number {
  return entries.findLastIndex((entry) => entry.kind === 'compaction');
}

function isConversation(entry: JournalEntry): entry is ConversationEntry {
  return entry.kind !== 'compaction';
}

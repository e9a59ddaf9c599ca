// What two runs of one conversation have in common: without ids that name the run, and without the answers
// that the model got wrong and what it was told about them.
import type { EventBody } from '../../core/event.ts';
import type { JournalEntry, PlacedEntry, ResponseEntry } from '../../core/journal.ts';

/** The tool that the scripted model makes up. */
const MADE_UP = 'teleport';
const RULES = /\n\n<rules from="[^"]*" note="of this repo, [^>]*>\n[\s\S]*?\n<\/rules>/g;
const NOTHING = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };

/**
 * The transcript as an undisturbed run has it: a wasted answer is left out together with what the model was
 * told about it, and so is a cut of the conversation, which changes nothing of what was said and done.
 */
export function commonEntries(placed: readonly PlacedEntry[], run: string): readonly JournalEntry[] {
  const kept: JournalEntry[] = [];
  const entries = withRulesToldOnce(placed.map(({ entry }) => entry));
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at];
    if (entry === undefined || entry.kind === 'compaction') continue;
    if (entry.kind !== 'response') kept.push(common(entry, run));
    else if (isWasted(entry, entries[at + 1])) at += Math.max(1, entry.toolCalls.length);
    else kept.push(common(entry, run));
  }
  return kept;
}

/** Rules of folders that were cut off are told again. */
function withRulesToldOnce(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  if (!entries.some(({ kind }) => kind === 'compaction')) return entries;
  const told = new Set<string>();
  return entries.map((entry) => {
    if (entry.kind !== 'tool_result') return entry;
    const output = entry.output.replaceAll(RULES, (rules) => {
      if (told.has(rules)) return '';
      told.add(rules);
      return rules;
    });
    return { ...entry, output };
  });
}

function isWasted(entry: ResponseEntry, next: JournalEntry | undefined): boolean {
  if (entry.toolCalls.length === 0) return next?.kind === 'message' && next.id?.startsWith('nudge-') === true;
  return entry.toolCalls.some(({ name, argumentsText }) => name === MADE_UP || !isJson(argumentsText));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function common(entry: JournalEntry, run: string): JournalEntry {
  const images = (ids: readonly string[] | undefined) =>
    ids === undefined ? {} : { imageArtifactIds: ids.map(() => 'image') };
  switch (entry.kind) {
    case 'message':
      return { ...entry, text: shared(entry.text, run), ...images(entry.imageArtifactIds) };
    case 'tool_result': {
      const { used, ...rest } = entry;
      const output = shared(entry.output, run);
      // What a child wasted is in its usage.
      const same = used === undefined ? {} : { used: { ...used, steps: 0, usage: NOTHING } };
      return { ...rest, callId: 'call', output, ...images(entry.imageArtifactIds), ...same };
    }
    case 'response': {
      const { opaque: _, ...rest } = entry;
      const toolCalls = entry.toolCalls.map(({ name, argumentsText }) => ({
        callId: 'call',
        name,
        argumentsText: shared(argumentsText, run),
      }));
      return { ...rest, toolCalls, usage: NOTHING };
    }
    case 'compaction':
      return entry;
  }
}

/** A text without the keys of this run's calls, and without the numbers by which a page's elements go. */
export function shared(text: string, run: string): string {
  return text
    .replaceAll(new RegExp(`${run}t\\d+(-\\d+-\\d+)+(-\\w+)?`, 'g'), 'CALL')
    .replaceAll(run, 'RUN')
    .replaceAll(/\[ref=\w+\]/g, '[ref]');
}

/** What the thread shows of an event; waits and cuts are not part of the work. */
export function toldIn(event: EventBody): readonly string[] {
  switch (event.type) {
    case 'phase.progress':
      return [];
    case 'tool.finished':
      return [`${event.ok ? 'done' : 'failed'}: ${event.summary}`];
    case 'tool.started':
      return [`begun: ${event.summary}`];
    case 'plan.updated':
      return [`plan: ${event.steps.map(({ title, status }) => `${title} (${status})`).join(', ')}`];
    case 'artifact.published':
      return [`published: ${event.name}, ${event.title}`];
    default:
      return [event.type];
  }
}

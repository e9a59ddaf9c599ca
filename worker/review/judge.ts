// The second, cheap model call: does the diff do what was asked, and nothing else?
import { z } from 'zod';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import type { StepUsage } from '../../core/journal.ts';
import { parseJson } from '../../core/parse.ts';
import { prompt } from '../agent/prompts.ts';
import { type Model, singleMessage } from '../model/model.ts';

/** Some ten thousand tokens. Only people judge the rest. */
const MAX_DIFF_CHARS = 60_000;
const MAX_REASONS = 5;
const MAX_REASON_CHARS = 300;
/** The limit is short, because the turn waits for the verdict. */
const MAX_MS = 180_000;

export interface Judged {
  /** `none`: there is no verdict, for the reason given. */
  readonly verdict: 'pass' | 'fail' | 'none';
  readonly reasons: readonly string[];
  readonly usage: StepUsage;
}

export interface JudgeCase {
  readonly request: string;
  /** The agent's answer. */
  readonly summary: string;
  /** The findings of the rules, one sentence each. */
  readonly hints: readonly string[];
  readonly diff: string;
}

const verdictSchema = z.object({
  verdict: z.enum(['pass', 'fail']),
  reasons: z.array(z.string()).default([]),
});

const NOTHING: StepUsage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };

/**
 * Asks a model for its verdict. It is `none` where the model cannot be asked or answers in another form, because a
 * change must not fail for that. Abort throws the signal's reason.
 */
export async function judge(model: Model, about: JudgeCase, signal: AbortSignal): Promise<Judged> {
  try {
    const { response } = await model.respond(singleMessage(prompt('judge'), questionOf(about)), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]),
    });
    const said = verdictIn(response.text);
    if (said === null) return none('its answer could not be understood', response.usage);
    const reasons = said.reasons.slice(0, MAX_REASONS).map((reason) => reason.slice(0, MAX_REASON_CHARS));
    if (said.verdict === 'fail' && reasons.length === 0) return none('it gave no reason', response.usage);
    return { verdict: said.verdict, reasons: said.verdict === 'fail' ? reasons : [], usage: response.usage };
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, 'model_context_full')) return none('the change is too large for it', NOTHING);
    if (thrown instanceof ThreadsmithError) return none(thrown.message, NOTHING);
    if (thrown instanceof DOMException) return none('it did not answer in time', NOTHING);
    throw thrown;
  }
}

function none(why: string, usage: StepUsage): Judged {
  return { verdict: 'none', reasons: [`No second model has judged this change: ${why}`], usage };
}

function questionOf({ request, summary, hints, diff }: JudgeCase): string {
  const found = hints.length === 0 ? 'nothing' : hints.map((hint) => `- ${hint}`).join('\n');
  const shown =
    diff.length <= MAX_DIFF_CHARS
      ? diff
      : `${diff.slice(0, MAX_DIFF_CHARS)}\n[... ${diff.length - MAX_DIFF_CHARS} characters more, not shown ...]`;
  return [
    `<asked>\n${request}\n</asked>`,
    `<said>\n${summary}\n</said>`,
    `<found_by_rules>\n${found}\n</found_by_rules>`,
    `<diff>\n${shown.toWellFormed()}\n</diff>`,
  ].join('\n\n');
}

/** Models wrap JSON in fences and sentences; the first object that is a verdict counts. */
function verdictIn(text: string): z.infer<typeof verdictSchema> | null {
  const from = Math.max(0, text.indexOf('{'));
  const to = text.lastIndexOf('}');
  return verdictSchema.safeParse(parseJson(text.slice(from, to + 1))).data ?? null;
}

// Options of a request, in plain words or as `key=value`. What stands in code or in a quote is not said to us.
import { readAttempts } from '../text/choice.ts';

export interface AskedOptions {
  /** As written; whether there is such a one is for the caller to find out. */
  readonly repo: string | null;
  /** The branch that the work begins from and is merged into. */
  readonly branch: string | null;
  readonly model: string | null;
  /** 1 where it is not said. */
  readonly attempts: number;
  readonly planFirst: boolean;
  readonly readOnly: boolean;
  /** The request without what was said to the machinery. */
  readonly text: string;
}

const KEYED =
  /(?:(?<!\S)(?:with|using|in|on)\s+)?(?<!\S)\(?(repo|branch|model)\s*=\s*(["“]?)([A-Za-z0-9._/:@-]*[A-Za-z0-9])["”]?\)?[,;]?(?=[\s.,;:]|$)/giu;
/** At the beginning or the end: "keep the plan first in the list" says something else. */
const PLAN_FIRST =
  /^\s*\(?(?:please\s+)?(?:make\s+a\s+)?plan[- ]first\)?\s*(?:[.,;:!–—-]+|$|\n)|(?:^|[\s.,;:(–—-])(?:please\s+)?(?:make\s+a\s+)?plan[- ]first\)?[\s.!]*$/iu;
/** Set off by a sign, since "make the field read only" is a request. */
const READ_ONLY =
  /^\s*\(?read[- ]?only\)?\s*(?:[.,;:!–—]+|$|\n)|(?:[.,;:(–—]\s*|\n\s*)read[- ]?only\)?[\s.!]*$/iu;
const BRANCH =
  /^\s*(?:on|from)\s+branch\s+([A-Za-z0-9._/-]*[A-Za-z0-9])\s*[:,;–—]|(?<!\S)(?:on|from)\s+branch\s+([A-Za-z0-9._/-]*[A-Za-z0-9])[\s.!]*$/iu;

/** Code and quoted lines, and web addresses, which may hold anything. */
const LITERAL = /```[\s\S]*?(?:```|$(?![\s\S]))|`[^`\n]*`|^>.*$|https?:\/\/\S+/gmu;

/** Reads the options of a request. `models` are the names that may stand in the words without a key. */
export function readOptions(said: string, models: readonly string[] = []): AskedOptions {
  const literals: string[] = [];
  let text = said.replace(LITERAL, (whole) => `\u{E000}${literals.push(whole) - 1}\u{E001}`);
  const keyed: Record<string, string> = {};
  text = text.replace(KEYED, (_whole, key: string, _quote, value: string) => {
    keyed[key.toLowerCase()] ??= value;
    return ' ';
  });
  const { attempts, text: once } = readAttempts(text);
  text = once;
  const take = (pattern: RegExp): boolean => {
    const found = pattern.exec(text);
    if (found !== null) text = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`;
    return found !== null;
  };
  const readOnly = take(READ_ONLY);
  const planFirst = take(PLAN_FIRST);
  // Either may have stood behind the other.
  const alsoReadOnly = readOnly || take(READ_ONLY);
  const branch = BRANCH.exec(text);

  return {
    repo: keyed['repo'] ?? null,
    branch: keyed['branch'] ?? branch?.[1] ?? branch?.[2] ?? null,
    model: keyed['model'] ?? models.find((name) => isAskedFor(name, text)) ?? null,
    attempts,
    planFirst,
    readOnly: alsoReadOnly,
    text: tidy(text, said)
      .replace(/\u{E000}(\d+)\u{E001}/gu, (_whole, place: string) => literals[Number(place)] ?? '')
      .trim(),
  };
}

/** Signs that stood between an option and the request are of no use without it. */
function tidy(text: string, said: string): string {
  const trimmed = text.replace(/[ \t]{2,}/g, ' ').trim();
  if (trimmed.length === said.trim().length) return trimmed;
  return trimmed.replace(/\s+([.,;:])/g, '$1').replace(/^[\s.,;:–—]+|[\s,;:–—]+$/gu, '');
}

function isAskedFor(model: string, text: string): boolean {
  const escaped = model.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `(?<!\\S)(?:with|using|use)\\s+(?:the\\s+model\\s+|model\\s+)?${escaped}(?![\\w/-]|\\.\\w)`,
    'iu',
  ).test(text);
}

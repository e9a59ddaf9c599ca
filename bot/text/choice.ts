// How many attempts a request asks for, in plain words: `×3`, `x3`, `3 ways`.
import { MAX_ATTEMPTS } from '../../core/attempt.ts';

/**
 * A word of its own, so that `grid-x3` and `x2.5` are left alone; `3 ways to …` is something to find out, not how
 * to work.
 */
const OPTION =
  /(?<!\S)\(?(?:(?:×\s?|x)([2-4])(?![\w.×]*\w)|([2-4])\s+ways(?!\s+(?:to|of|in)\b)(?!\w))\)?[.,;:]?/i;

export interface AskedAttempts {
  /** 1 where it is not said. */
  readonly attempts: number;
  /** The request without it. */
  readonly text: string;
}

/** Reads the option and takes it out of the text. */
export function readAttempts(text: string): AskedAttempts {
  const found = OPTION.exec(text);
  if (found === null) return { attempts: 1, text };
  const rest = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`;
  return {
    attempts: Math.min(Number(found[1] ?? found[2]), MAX_ATTEMPTS),
    text: rest.replace(/ {2,}/g, ' ').trim(),
  };
}

const CHOICE = /^\W*(?:(?:choose|take|use|pick|keep|go with|attempt|number|option|way)\s+)*#?([1-5])\W*$/i;

/** The place of the attempt that a reply chooses, from 1; null where the reply is something else. */
export function readChoice(text: string): number | null {
  const place = CHOICE.exec(text)?.[1];
  return place === undefined ? null : Number(place);
}

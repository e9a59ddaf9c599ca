// Replacement of a passage, with answers that help where it is not there as it was quoted.
import { plainPunctuation } from './punctuation.ts';

export type Replacement =
  | { readonly text: string; readonly firstLine: number; readonly count: number }
  | { readonly refusal: string };

/**
 * Replaces `oldText` where it is there once, or everywhere. Where the file has CRLF line ends and the passage does
 * not, it is meant with them; where only typographic quotes, dashes or spaces differ, it is found all the same.
 */
export function replaceText(
  text: string,
  oldText: string,
  newText: string,
  path: string,
  which: 'once' | 'all' = 'once',
): Replacement {
  if (text.includes('\r\n') && !oldText.includes('\r') && oldText.includes('\n') && !text.includes(oldText))
    return replaceText(text, oldText.replaceAll('\n', '\r\n'), withCrlf(newText), path, which);
  const step = which === 'once' ? 1 : oldText.length;
  const exact = placesOf(text, oldText, step);
  const places = exact.length > 0 ? exact : placesOf(plainPunctuation(text), plainPunctuation(oldText), step);
  const [first] = places;
  if (first === undefined) return { refusal: `old_text is not in ${path}. ${hint(text, oldText)}` };
  if (places.length > 1 && which === 'once') {
    const lines = places.slice(0, 10).map((at) => lineOf(text, at));
    return {
      refusal: `old_text is in ${path} ${places.length} times, at lines ${lines.join(', ')}. Add lines around it until it is there once, or set replace_all.`,
    };
  }
  const parts = places.map((at, index) => text.slice(index === 0 ? 0 : endOf(index - 1), at));
  return {
    text: [...parts, text.slice(endOf(places.length - 1))].join(newText),
    firstLine: lineOf(text, first),
    count: places.length,
  };

  function endOf(index: number): number {
    return (places[index] ?? 0) + oldText.length;
  }
}

/** Places that overlap are several where one is wanted, and one where all are replaced. */
function placesOf(text: string, part: string, step: number): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + step)) places.push(at);
  return places;
}

function lineOf(text: string, place: number): number {
  return text.slice(0, place).split('\n').length;
}

function withCrlf(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}

/** Where the same words are with other white space: the usual reason. */
function hint(text: string, oldText: string): string {
  const wanted = significantLines(oldText);
  const lines = text.split('\n').map((line) => line.trim());
  const numbers = lines.flatMap((line, index) => (line === '' ? [] : [index]));
  const present = numbers.map((index) => lines[index] ?? '');
  for (let at = 0; wanted.length > 0 && at + wanted.length <= present.length; at += 1) {
    if (wanted.every((line, index) => present[at + index] === line)) {
      const [first, last] = [numbers[at] ?? 0, numbers[at + wanted.length - 1] ?? 0];
      return `The same words are at lines ${first + 1}-${last + 1} with other white space: copy them exactly.`;
    }
  }
  return 'Read the file and copy the passage exactly, without the line numbers.';
}

function significantLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

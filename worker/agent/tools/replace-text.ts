// Exact replacement of a passage that must be there once, with answers that help where it is not.

export type Replacement =
  | { readonly text: string; readonly firstLine: number }
  | { readonly refusal: string };

/** Replaces `oldText`. Where the file has CRLF line ends and the passage does not, it is meant with them. */
export function replaceOnce(text: string, oldText: string, newText: string, path: string): Replacement {
  const places = placesOf(text, oldText);
  const place = places[0];
  if (place === undefined) {
    if (text.includes('\r\n') && !oldText.includes('\r') && oldText.includes('\n')) {
      return replaceOnce(text, oldText.replaceAll('\n', '\r\n'), withCrlf(newText), path);
    }
    return { refusal: `old_text is not in ${path}. ${hint(text, oldText)}` };
  }
  if (places.length > 1) {
    const lines = places.slice(0, 10).map((at) => lineOf(text, at));
    return {
      refusal: `old_text is in ${path} ${places.length} times, at lines ${lines.join(', ')}. Add lines around it until it is there once.`,
    };
  }
  return {
    text: text.slice(0, place) + newText + text.slice(place + oldText.length),
    firstLine: lineOf(text, place),
  };
}

function placesOf(text: string, part: string): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) places.push(at);
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

// Whether a pattern of a JSON schema compiles where OpenAI compiles it: in Python's `re`.

/** Python refuses a backslash before any other ASCII letter: https://docs.python.org/3/library/re.html#regular-expression-syntax */
const KNOWN_ESCAPES = 'AbBdDsSwWZafnrtvxuUN';
/** What may follow `(?`: groups, look-around, comments, named groups as Python writes them, conditions, flags. */
const EXTENSION = /^(?:[:=!#>(]|<[=!]|P[<=>]|[aiLmsux]+(?:-[imsx]+)?[:)])/;

/** False where Python raises `re.error`, as far as JavaScript's and Python's patterns differ. */
export function compilesInPython(pattern: string): boolean {
  for (const [, letter] of pattern.matchAll(/\\([\s\S])/g)) {
    if (letter !== undefined && /[A-Za-z]/.test(letter) && !KNOWN_ESCAPES.includes(letter)) return false;
  }
  const bare = pattern.replaceAll(/\\[\s\S]/g, '..').replaceAll(/\[\^?\]?[^\]]*\]/g, '.');
  for (const { index } of bare.matchAll(/\(\?/g)) {
    if (!EXTENSION.test(bare.slice(index + 2))) return false;
  }
  return isBalanced(bare);
}

function isBalanced(bare: string): boolean {
  let depth = 0;
  for (const character of bare) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0 || character === '[') return false;
  }
  return depth === 0;
}

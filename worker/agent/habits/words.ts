// Tables of words, written as one text for each meaning.

/** The words of a text. */
export function wordsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** The key of each word, where each value is a text of words. */
export function byWord(table: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(table).flatMap(([key, text]) => wordsOf(text).map((word) => [word, key] as const)),
  );
}

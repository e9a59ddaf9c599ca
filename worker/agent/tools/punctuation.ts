// Typographic characters and those of a keyboard that models write in their place.

const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, '-'],
  [/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, ' '],
];

/** The text with quotes, dashes and spaces of a keyboard; as long as before, so that places stay. */
export function plainPunctuation(text: string): string {
  return PLAIN.reduce((plain, [typographic, character]) => plain.replace(typographic, character), text);
}

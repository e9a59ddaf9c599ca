// Precision and recall.

export interface Outcome {
  readonly expected: boolean;
  readonly found: boolean;
}

export interface Score {
  readonly cases: number;
  /** Of what was found, the share that was there. 1 where nothing was found. */
  readonly precision: number;
  /** Of what was there, the share that was found. 1 where nothing was there. */
  readonly recall: number;
}

export function scoreOf(outcomes: readonly Outcome[]): Score {
  const both = outcomes.filter(({ expected, found }) => expected && found).length;
  const found = outcomes.filter((outcome) => outcome.found).length;
  const expected = outcomes.filter((outcome) => outcome.expected).length;
  return {
    cases: outcomes.length,
    precision: found === 0 ? 1 : both / found,
    recall: expected === 0 ? 1 : both / expected,
  };
}

// Finds tests that still run but claim less: a line was replaced by one that differs in a number, in a negation, or in
// how it waits and fails.
import { added, type DiffFile, type DiffLine, hunksOf, removed } from './diff.ts';
import { ASSERTION, isTest } from './test-words.ts';

export interface LoweredClaim {
  readonly file: DiffFile;
  readonly line: DiffLine | null;
  readonly sentence: string;
}

const NUMBER = /\d+(?:[._]\d+)*(?:e-?\d+)?/gi;
/** Names of tolerances. */
const TOLERANCE =
  /\b(?:abs|rel|delta|tol(?:erance)?|atol|rtol|epsilon|eps|within|InDelta|InEpsilon|approx)\b/i;
/** Assertions on a number of digits: fewer digits are a wider tolerance. */
const DIGITS = /\btoBeCloseTo\(|\bassertAlmostEqual\(|\bplaces\s*=|\bdecimal\s*=/;
/** Names of coverage thresholds in configuration files. */
const COVERAGE =
  /\b(?:branches|lines|functions|statements|fail_under|cov-fail-under|minimum_coverage|coverage_?threshold)\b/i;
const CONFIGURATION = /\.(?:json|ya?ml|toml|cfg|ini|rc|[cm]?[jt]s|rb)$|(?:^|\/)(?:\.coveragerc|Makefile)$/;

/** Words that negate a claim, with the word that stands for both sides. */
const OPPOSITES: readonly (readonly [RegExp, string])[] = [
  [/\.(?:not|never)\b/g, ''],
  [/\b(?:to_not|not_to)\b/g, 'to'],
  [/\b(assert|refute)\b/g, 'assert'],
  [/\bassert(?:True|False)\b/g, 'assertTrue'],
  [/\bis(?:True|False)\(/g, 'isTrue('],
  [/\bassert(?:Not)?Equals?\b/g, 'assertEquals'],
  [/\btoBe(?:Truthy|Falsy)\b/g, 'toBeTruthy'],
  [/\bassert\s+not\b/g, 'assert'],
  [/!==?/g, '=='],
  [/\bnotEqual\(/g, 'equal('],
];

const WAITING = /\b(?:wait_?for|wait_?until|eventually|await_?until|poll|until)\w*\b/i;
const SLEEPING =
  /\b(?:time\.)?sleep\w*\s*\(|\bwaitForTimeout\(|\bsetTimeout\(|\bThread\.sleep\(|^\s*sleep\s+\d/i;

/** A swallowed failure, over the lines of a hunk. */
const SWALLOWED =
  /\bexcept(?:\s+(?:Base)?Exception(?:\s+as\s+\w+)?)?\s*:\s*(?:pass\b|\.\.\.)|\bcatch\s*(?:\([^)]*\))?\s*\{\s*(?:\/\/[^\n]*\s*)?\}|\brescue\b[^\n]*\n\s*(?:nil\s*\n\s*)?end\b/;

const SNAPSHOT = /\.snap$|(?:^|\/)__snapshots__\//;
const SNAPSHOT_LEAST_LINES = 3;

/** At most one finding for each line. */
export function loweredClaims(files: readonly DiffFile[]): readonly LoweredClaim[] {
  return files.flatMap((file) => [
    ...(isTest(file.path)
      ? [...numbers(file, toleratesMore), ...turned(file), ...sleeps(file), ...swallows(file)]
      : []),
    ...(CONFIGURATION.test(file.path) ? numbers(file, reachesLess) : []),
    ...shrunken(file),
  ]);
}

type Judge = (line: string, before: number, after: number) => string | null;

const toleratesMore: Judge = (line, before, after) => {
  const isWider = DIGITS.test(line) ? after < before : TOLERANCE.test(line) && after > before;
  return isWider ? 'A tolerance is wider than before.' : null;
};

const reachesLess: Judge = (line, before, after) =>
  COVERAGE.test(line) && after < before ? 'Tests must reach less of the code than before.' : null;

/** Judges added lines that differ from a removed line in their numbers only. */
function numbers(file: DiffFile, judge: Judge): readonly LoweredClaim[] {
  const shape = (text: string): string => text.trim().replace(NUMBER, '#');
  return pairs(file, shape).flatMap(([gone, came]) => {
    const before = gone.text.match(NUMBER)?.map(valueOf) ?? [];
    const after = came.text.match(NUMBER)?.map(valueOf) ?? [];
    const at = before.findLastIndex((value, index) => value !== after[index]);
    // The first number of a claim is the expected value; where that changed too, the behaviour changed.
    const changed = before.filter((value, index) => value !== after[index]).length;
    if (at === -1 || (changed > 1 && judge === toleratesMore)) return [];
    const sentence = judge(came.text, before[at] ?? 0, after[at] ?? 0);
    return sentence === null ? [] : [{ file, line: came, sentence }];
  });
}

function valueOf(text: string): number {
  return Number(text.replaceAll('_', ''));
}

function turned(file: DiffFile): readonly LoweredClaim[] {
  const shape = (text: string): string =>
    OPPOSITES.reduce((line, [words, one]) => line.replace(words, one), text.trim()).replace(/\s+/g, ' ');
  return pairs(file, shape)
    .filter(([, came]) => came.text.search(ASSERTION) !== -1)
    .map(([, line]) => ({ file, line, sentence: 'An assertion says the opposite of before.' }));
}

function sleeps(file: DiffFile): readonly LoweredClaim[] {
  return hunksWithSides(file).flatMap(({ gone, came }) => {
    const waited =
      gone.some(({ text }) => WAITING.test(text)) && !came.some(({ text }) => WAITING.test(text));
    const line = came.find(({ text }) => SLEEPING.test(text));
    return waited && line !== undefined
      ? [{ file, line, sentence: 'A test sleeps where it waited for something.' }]
      : [];
  });
}

function swallows(file: DiffFile): readonly LoweredClaim[] {
  return hunksWithSides(file).flatMap(({ came, gone }) => {
    const isSwallowed = (lines: readonly DiffLine[]): boolean =>
      SWALLOWED.test(lines.map(({ text }) => text).join('\n'));
    if (!isSwallowed(came) || isSwallowed(gone)) return [];
    const line = came.find(({ text }) => /\b(?:except|catch|rescue)\b/.test(text)) ?? null;
    return [{ file, line, sentence: 'A failure inside a test is swallowed.' }];
  });
}

function shrunken(file: DiffFile): readonly LoweredClaim[] {
  const [lost, won] = [removed(file).length, added(file).length];
  const isLess = SNAPSHOT.test(file.path) && lost >= SNAPSHOT_LEAST_LINES && won * 2 <= lost;
  return isLess && file.status !== 'deleted'
    ? [{ file, line: null, sentence: 'A snapshot lost most of what it held.' }]
    : [];
}

/** Pairs of a removed and an added line of one hunk with the same shape and different text. */
function pairs(file: DiffFile, shape: (text: string) => string): readonly (readonly [DiffLine, DiffLine])[] {
  return hunksWithSides(file).flatMap(({ gone, came }) => {
    const texts = new Set(
      [...gone, ...came].map(({ text }) => text.trim()).filter((text, at, all) => all.indexOf(text) !== at),
    );
    return gone.flatMap((before) => {
      // A line on both sides only moved.
      if (texts.has(before.text.trim())) return [];
      const after = came.find(
        ({ text }) =>
          text.trim() !== before.text.trim() && shape(text) === shape(before.text) && !texts.has(text.trim()),
      );
      return after === undefined ? [] : [[before, after] as const];
    });
  });
}

function hunksWithSides(file: DiffFile) {
  return hunksOf(file).map((hunk) => ({
    gone: hunk.filter(({ kind }) => kind === 'removed'),
    came: hunk.filter(({ kind }) => kind === 'added'),
  }));
}

// Finds weakened tests in a diff: skipped, deleted, emptied or made to claim less, and checks that are switched off.
// Rules cannot know intentions, so each finding is a question to the author.
import { added, type DiffFile, type DiffLine, hunksOf, removed } from './diff.ts';
import { fewerRows } from './fewer-rows.ts';
import type { Finding } from './finding.ts';
import { loweredClaims } from './lowered-claims.ts';
import { replacedSubjects } from './replaced-subject.ts';
import {
  ASSERTION,
  CASES,
  COMMENTED,
  EMPTY,
  isNamedAsTest,
  isTest,
  LOOSE,
  mayHoldTests,
  SKIPS,
  STRICT,
} from './test-words.ts';

/** The findings about tests, at most a few per file. */
export function weakenedTests(files: readonly DiffFile[]): readonly Finding[] {
  const tests = files.filter((file) => mayHoldTests(file.path));
  return [
    ...tests.flatMap(skipped),
    ...tests.flatMap(emptied),
    ...tests.flatMap(loosened),
    ...fewer(files.filter((file) => isTest(file.path))),
    ...files.flatMap(switchedOff),
    ...[...loweredClaims(files), ...replacedSubjects(files), ...fewerRows(files)].map(
      ({ file, line, sentence }) => finding(file, line, sentence),
    ),
    ...unfound(files),
  ];
}

type Test = (line: string) => boolean;

const matches =
  (pattern: RegExp): Test =>
  (line) =>
    pattern.test(line);
const isCase: Test = (line) => CASES.some((pattern) => pattern.test(line));
const isComment: Test = (line) => /^\s*(?:\/\/|\*|\/\*|#(?!\[))/.test(line);
const isClaim: Test = (line) => !isComment(line) && !/^\s*import\b/.test(line);

type Count = (line: string) => number;
const cases: Count = (line) => (isCase(line) ? 1 : 0);
/** Counts all assertions of a line, so that a formatter that breaks or joins lines changes nothing. */
const claims: Count = (line) => (isClaim(line) ? line.split(ASSERTION).length - 1 : 0);

/** The added lines beyond the number of removed ones, so that code that only moved does not count. */
function surplus(file: DiffFile, test: Test): readonly DiffLine[] {
  const gone = removed(file).filter((line) => test(line.text)).length;
  return added(file)
    .filter((line) => test(line.text))
    .slice(gone);
}

function skipped(file: DiffFile): readonly Finding[] {
  return SKIPS.filter(({ conditional }) => conditional === undefined || file.status !== 'added').flatMap(
    ({ name, pattern }) =>
      surplus(file, (line) => !isComment(line) && pattern.test(line)).map((line) =>
        finding(file, line, sentenceOf(name, line.text.trim())),
      ),
  );
}

function sentenceOf(name: string, text: string): string {
  const quoted = `\`${text.slice(0, 80)}\``;
  if (name === 'only') return `Only this test runs now, all others are left out: ${quoted}.`;
  if (name === 'retry') return `A failing test is tried again until it passes: ${quoted}.`;
  return `A test no longer runs: ${quoted}.`;
}

function emptied(file: DiffFile): readonly Finding[] {
  return [
    ...surplus(file, matches(EMPTY)).map((line) => finding(file, line, 'An assertion is always true.')),
    ...surplus(file, matches(COMMENTED)).map((line) => finding(file, line, 'An assertion is commented out.')),
  ];
}

/** Hunks in which an assertion of a certain value was replaced by one that almost any value fulfils. */
function loosened(file: DiffFile): readonly Finding[] {
  return hunksOf(file).flatMap((hunk) => {
    const count = (kind: DiffLine['kind'], pattern: RegExp): number =>
      hunk.filter((line) => line.kind === kind && pattern.test(line.text)).length;
    const lost = count('removed', STRICT) - count('added', STRICT);
    const loose = count('added', LOOSE) - count('removed', LOOSE);
    const first = hunk.find((line) => line.kind === 'added' && LOOSE.test(line.text));
    if (lost <= 0 || loose <= 0 || first === undefined) return [];
    return [finding(file, first, 'An assertion claims less than before.')];
  });
}

/** Files with fewer test cases or assertions, where all tests together lost some: they may move between files. */
function fewer(tests: readonly DiffFile[]): readonly Finding[] {
  const sum = (lines: readonly DiffLine[], count: Count): number =>
    lines.reduce((total, line) => total + count(line.text), 0);
  const balance = (file: DiffFile, count: Count): number =>
    sum(added(file), count) - sum(removed(file), count);
  const total = (count: Count): number => tests.reduce((all, file) => all + balance(file, count), 0);
  const lostCases = total(cases) < 0;
  const lostClaims = total(claims) < 0;
  return tests.flatMap((file): readonly Finding[] => {
    const ofCases = balance(file, cases);
    const ofClaims = balance(file, claims);
    if (file.status === 'deleted' && (ofCases < 0 || ofClaims < 0)) {
      return lostCases || lostClaims ? [finding(file, null, 'A file of tests was deleted.')] : [];
    }
    if (lostCases && ofCases < 0)
      return [finding(file, null, `It has ${counted(-ofCases, 'test')} fewer than before.`)];
    if (lostClaims && ofClaims < 0)
      return [finding(file, null, `It has ${counted(-ofClaims, 'assertion')} fewer than before.`)];
    return [];
  });
}

/** Tests that moved to a file that no test runner finds. */
function unfound(files: readonly DiffFile[]): readonly Finding[] {
  const gone = files.filter((file) => file.status === 'deleted' && isNamedAsTest(file.path));
  const moved = files.filter((file) => {
    if (isNamedAsTest(file.path)) return false;
    if (file.status === 'renamed') return file.from !== undefined && isNamedAsTest(file.from);
    const lines = new Set(added(file).map(({ text }) => text.trim()));
    return file.status === 'added' && gone.some((old) => isMostlyIn(old, lines));
  });
  return moved.map((file) =>
    finding(file, null, 'Tests moved to a file whose name says no more that it holds some.'),
  );
}

function isMostlyIn(old: DiffFile, lines: ReadonlySet<string>): boolean {
  const texts = removed(old).map(({ text }) => text.trim());
  return texts.filter((text) => lines.has(text)).length > texts.length * 0.8;
}

/** Ways to switch a check off, with the files that configure checks. */
const OFF: readonly { readonly files: RegExp; readonly pattern: RegExp; readonly sentence: string }[] = [
  {
    files:
      /(^|\/)(package\.json|Makefile|\.threadsmith\.ya?ml|tox\.ini|justfile|Taskfile\.ya?ml|Jenkinsfile)$/,
    pattern:
      /(?:test|lint|check|typecheck)[\w:-]*["']?\s*[:=].*(?:\|\|\s*true\b|;\s*true\b|\bexit 0\b|["']\s*(?:true|:|echo\b[^"']*)["']|--passWithNoTests)|\|\|\s*(?:true|exit 0)\b/,
    sentence: 'A check is made to pass whatever it finds.',
  },
  {
    files:
      /(^|\/)(jest|vitest|karma|playwright|cypress|mocha)[\w.-]*\.(c|m)?[jt]s(on)?$|(^|\/)(pytest\.ini|setup\.cfg|pyproject\.toml|package\.json)$/,
    pattern:
      /testPathIgnorePatterns|["']?exclude["']?\s*:\s*\[.*test|--ignore[= ]\S*test|addopts\s*=.*(?:--ignore|--deselect|-k\s+["']?not)/,
    sentence: 'Tests are left out by the configuration.',
  },
  {
    files: /\.[cm]?[jt]sx?$/,
    pattern: /^\s*\/[/*]\s*(?:@ts-nocheck|eslint-disable\s*(?:\*\/)?\s*$|biome-ignore-all)/,
    sentence: 'A check is switched off for the whole file.',
  },
];

function switchedOff(file: DiffFile): readonly Finding[] {
  return OFF.filter((rule) => rule.files.test(file.path)).flatMap((rule) =>
    surplus(file, matches(rule.pattern)).map((line) => finding(file, line, rule.sentence)),
  );
}

function finding(file: DiffFile, line: DiffLine | null, sentence: string): Finding {
  return { rule: 'weakened_test', path: file.path, line: line?.number ?? null, sentence, certain: false };
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

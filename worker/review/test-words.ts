// The words for test cases, skips and assertions in the frameworks that repos use.

const TEST_FOLDERS = /(^|\/)(tests?|specs?|__tests__|testing)\//i;
/** The file names that test runners look for. */
const TEST_NAMES: readonly RegExp[] = [
  /\.(test|tests|spec|cy|e2e)\.[cm]?[jt]sx?$/,
  /(^|\/)(test_[^/]*|[^/]*_test|conftest)\.py$/,
  /_test\.(go|exs|rb|cc|cpp|dart)$/,
  /_spec\.rb$/,
  /(Test|Tests|IT|Spec)\.(java|kt|kts|scala|cs|swift|php)$/,
];
/** Files of test data hold no tests. */
const TEST_DATA = /\.(snap|json|ya?ml|txt|md|csv|html|css|png|svg|golden|lock)$/i;

/** Whether the file at this path holds tests, by its folder or name. */
export function isTest(path: string): boolean {
  return (TEST_FOLDERS.test(path) || isNamedAsTest(path)) && !TEST_DATA.test(path);
}

/** Whether test runners find the file by its name alone. */
export function isNamedAsTest(path: string): boolean {
  return TEST_NAMES.some((pattern) => pattern.test(path));
}

/** Rust keeps tests in the source files. */
export function mayHoldTests(path: string): boolean {
  return isTest(path) || path.endsWith('.rs');
}

export interface Wording {
  /** The skip depends on a condition, which is fine for a new test. */
  readonly conditional?: true;
  readonly pattern: RegExp;
  readonly name: string;
}

/** The words that keep a test from running. */
export const SKIPS: readonly Wording[] = [
  {
    name: 'skip',
    conditional: true,
    pattern:
      /\b(?:it|test|describe|suite)\s*(?:\.\w+)*\.(?:skipIf|runIf)\b|@(?:pytest\.mark\.skipif|skipIf|skipUnless|unittest\.skip(?:If|Unless))|importorskip/,
  },
  {
    name: 'skip',
    pattern: /\b(?:it|test|describe|context|suite|specify|bench)\s*(?:\.\w+)*\.(?:skip|todo|fixme)\b/,
  },
  {
    name: 'only',
    pattern:
      /\b(?:it|test|describe|context|suite|specify)\s*(?:\.\w+)*\.only\b|^\s*(?:fit|fdescribe|fcontext)\s*\(\s*['"`]/,
  },
  { name: 'skip', pattern: /\bx(?:it|test|describe|context|specify)\b\s*(?:\(|['"])/ },
  { name: 'skip', pattern: /\b(?:this|t|ctx|context|self|testInfo)\.(?:skip|todo|skipTest)\s*\(/ },
  { name: 'skip', pattern: /\{\s*(?:skip|todo)\s*:\s*(?:true\b|['"`])/ },
  {
    name: 'skip',
    pattern:
      /@(?:pytest\.mark\.(?:skip\b(?!if)|xfail)|unittest\.(?:skip\b|expectedFailure)|skip\b|expectedFailure)/,
  },
  {
    name: 'skip',
    pattern:
      /\b(?:pytest\.(?:skip|xfail|importorskip)|raise\s+(?:unittest\.)?SkipTest|pytestmark\s*=\s*pytest\.mark\.skip)/,
  },
  { name: 'skip', pattern: /\b[tb]\.(?:Skip|Skipf|SkipNow)\s*\(/ },
  { name: 'ignore', pattern: /^\s*#\[ignore\b/ },
  { name: 'ignore', pattern: /^\s*@(?:Disabled|Ignore)\b/ },
  { name: 'ignore', pattern: /\[(?:Ignore|Explicit)\b|\[(?:Fact|Theory|Test)\s*\([^)]*\bSkip\s*=/ },
  {
    name: 'skip',
    pattern: /\bAssert\.(?:Ignore|Inconclusive)\s*\(|\bassume(?:True\s*\(\s*false|False\s*\(\s*true)\b/i,
  },
  { name: 'skip', pattern: /\bmarkTest(?:Skipped|Incomplete)\s*\(/ },
  { name: 'skip', pattern: /@(?:module)?tag\s+:?skip\b|\bXCTSkip|,\s*skip:\s*(?:true\b|['"])/ },
  { name: 'pending', pattern: /^\s*(?:skip|pending)(?:\s+['"(]|\s*$)/ },
  { name: 'retry', pattern: /\bjest\.retryTimes\s*\(|@pytest\.mark\.flaky|\bthis\.retries\s*\(/ },
];

/** The first lines of test cases. */
export const CASES: readonly RegExp[] = [
  // Skipped cases count too, because skips have findings of their own.
  /^\s*[fx]?(?:it|test|specify)(?:\.\w+)*(?:\.each\b.*)?\s*[(`]/,
  /^\s*(?:async\s+)?def\s+test_?\w*\s*\(/,
  /^\s*func\s+(?:\([^)]*\)\s*)?(?:Test|Fuzz)\w*\s*\(/,
  /^\s*#\[(?:\w+::)?test\b/,
  /^\s*@(?:Test|ParameterizedTest|RepeatedTest)\b/,
  /^\s*\[(?:Fact|Theory|Test|TestMethod|TestCase)\b/,
  /^\s*[fx]?(?:it|specify|test)\s+['"].*\bdo\b/,
  /^\s*(?:public\s+)?function\s+test\w*\s*\(/,
];

/** Assertions. */
export const ASSERTION =
  /\bexpect(?:_\w+|!)?\s*(?:[({.]|$)|\bassert(?:[A-Z_]\w*|!|\.\w+|_\w+!?)?\s*[(.\s]|\bAssert\.\w+|\b(?:require|assert|should|must)\.[A-Za-z]\w*\s*\(|\.should\b|\bt\.(?:Error|Errorf|Fatal|Fatalf|is|equal|deepEqual|ok|truthy)\s*\(|\bt\.assert\b|#expect\s*\(|\bXCTAssert\w*/;

/** Assertions of one certain value. */
export const STRICT =
  /\.to(?:Be|Equal|StrictEqual|MatchObject|HaveLength|Contain|ContainEqual|Throw|ThrowError|BeCloseTo|HaveBeenCalledTimes|HaveBeenCalledWith)\(\s*[^)\s]|\.to\.(?:deep\.)?(?:equal|eql)\b|\b(?:strictEqual|deepStrictEqual|deepEqual|equal)\s*\(|\bassert\w*Equals?\b|\bassert_eq!|\bassert\s+.*==|\bassertEqual|\bEqual\(t,|\bAssert\.(?:Equal|AreEqual)\b|\bto eq\b/;

/** Assertions that almost any value fulfils. */
export const LOOSE =
  /\.to(?:BeDefined|BeTruthy|BeFalsy)\(\)|\.not\.to(?:BeNull|BeUndefined|Throw)\(\)|\bexpect\.any(?:thing)?\(|\.to\.(?:exist|be\.ok)\b|\bassert(?:True|IsNotNone|NotNull)\b|\bassert!\(|\bassert\.ok\s*\(|\bassert\s+[\w.]+(?:\([^)]*\))?\s*(?:is not None)?\s*$|\bNotNil\(t,|\bis not None\b|\bAssert\.(?:NotNull|IsNotNull|True)\b/;

/** Assertions that are always true. */
export const EMPTY =
  /\bexpect\(\s*(true|1)\s*\)\.to(?:Be|Equal)\(\s*\1\s*\)|\bexpect\(\s*true\s*\)\.toBeTruthy|\bassert(?:\.ok|True)?\s*\(?\s*(?:true|True|1\s*==\s*1)\s*\)?\s*;?\s*$|\bassert!\(\s*true\b|\bAssert\.(?:True|IsTrue)\(\s*true\b|\bassertTrue\(\s*true\b/;

/** Assertions that are commented out. */
export const COMMENTED = /^\s*(?:\/\/|#|\/\*|--)\s*(?:await\s+)?(?:expect|assert|require\.)\w*\s*[(.! ]/;

// Arbitraries for the property tests of blocks: any state of a turn, with any text in it.
import fc from 'fast-check';
import { APPROACHES, MAX_ATTEMPTS } from '../../core/attempt.ts';
import type { PlanStep } from '../../core/event.ts';
import type { PageComparison, PageDifference, PageShot } from '../../core/page.ts';
import type { AnswerResult, ChangedFile, ChangeResult, Usage } from '../../core/result.ts';
import type { Person } from '../../core/turn.ts';
import type { CheckResult, Verification } from '../../core/verification.ts';
import type {
  AnswerView,
  AttemptView,
  ChangeView,
  CodeLinks,
  EndState,
  MergeState,
  OpenState,
  PhaseView,
  StopView,
  TurnView,
  WorkView,
} from '../../core/view.ts';
import { work } from './samples.ts';

/** A user that only hostile text names. */
export const STRANGER = 'U0STRANGE1';

const hostile = fc.constantFrom(
  '<!channel>',
  '<!here|here>',
  '<!everyone>',
  '<!subteam^S0ALLTEAM>',
  `<@${STRANGER}>`,
  '<#C012345|general>',
  '<https://evil.example|https://bank.example>',
  '[bank.example](https://evil.example/login)',
  '[click](javascript:alert(1))',
  '![shot](https://evil.example/pixel.png)',
  '[![x](https://a.example/i.png)](https://b.example)',
  '```',
  '~~~~',
  '`',
  '> ',
  '- [ ] todo\n- [x] done\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n',
  '1. one\n   - two\n     - three\n',
  '# Title\n',
  '\u202egnp.exe',
  '\u0000\u0007\ud800',
  '&lt;!channel&gt;',
  '&#60;!channel&#62;',
  '<b>html</b><br>',
  'src/cart.js:12-18',
  '\r\n\r\n',
  '***',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  'http://user:pw@bank.example@evil.example/',
);

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: hostile },
  { weight: 1, arbitrary: fc.lorem({ maxCount: 12, mode: 'sentences' }) },
);

const short = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const medium = fc
  .array(fc.oneof(piece, fc.constantFrom('\n', '\n\n', ' ')), { maxLength: 30 })
  .map((pieces) => pieces.join(''));
const long = fc
  .tuple(medium, fc.constantFrom('', '\n', '\n\n'), fc.integer({ min: 1, max: 20_000 }))
  .map(([text, glue, size]) => `${text}${glue}x`.repeat(Math.ceil(size / (text.length + 3))).slice(0, size));

/** Any text: empty, hostile, broken Unicode, very long. */
export const anyText = fc.oneof(
  { weight: 4, arbitrary: short },
  { weight: 3, arbitrary: medium },
  { weight: 2, arbitrary: long },
);

const amount = fc.oneof(fc.nat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER));
const commit = fc.oneof(fc.stringMatching(/^[0-9a-f]{40}$/), short);
const date = fc.date({ max: new Date('2200-01-01'), noInvalidDate: false });
const list = <T>(one: fc.Arbitrary<T>, maxLength: number) => fc.array(one, { maxLength, size: 'max' });
const some = <T>(one: fc.Arbitrary<T>) => fc.oneof(list(one, 4), list(one, 4), list(one, 60));

export const anyPerson: fc.Arbitrary<Person> = fc.record({
  id: fc.oneof(
    fc.constantFrom('U0MARA111', 'W0JON2222'),
    short.filter((text) => !/^[UW][A-Z0-9]+$/.test(text)),
  ),
  name: short,
  email: fc.option(short),
});

const anyCheck: fc.Arbitrary<CheckResult> = fc.record({
  name: short,
  run: short,
  status: fc.constantFrom('passed', 'failed', 'timed_out'),
  durationMs: amount,
  outputTail: anyText,
});

const anyShot: fc.Arbitrary<PageShot> = fc.record({
  artifactId: fc.constantFrom('one', 'two', 'gone', '__proto__'),
  consoleErrors: fc.array(anyText, { maxLength: 5 }),
  failedRequests: fc.array(anyText, { maxLength: 5 }),
  status: fc.option(fc.integer({ min: 100, max: 599 })),
});

const anyDifference: fc.Arbitrary<PageDifference> = fc.record({
  regions: fc.array(fc.record({ x: amount, y: amount, width: amount, height: amount }), { maxLength: 3 }),
  changedShare: fc.double({ min: 0, max: 1 }),
  picture: fc.option(fc.record({ artifactId: short, beside: fc.boolean() })),
});

const anyPage: fc.Arbitrary<PageComparison> = fc.record(
  {
    name: short,
    path: short,
    view: fc.record({ viewport: fc.constantFrom('desktop', 'phone'), dark: fc.boolean() }),
    before: fc.option(anyShot),
    after: fc.option(anyShot),
    difference: anyDifference,
  },
  { requiredKeys: ['name', 'path', 'before', 'after'] },
);

const anyFile: fc.Arbitrary<ChangedFile> = fc.record({
  path: short,
  status: fc.constantFrom('added', 'modified', 'deleted', 'renamed'),
  additions: fc.option(amount),
  deletions: fc.option(amount),
});

const anyVerification: fc.Arbitrary<Verification> = fc.record({
  commit,
  passed: fc.boolean(),
  checks: some(anyCheck),
  pages: fc.array(anyPage, { maxLength: 6 }),
  problems: fc.array(anyText, { maxLength: 12 }),
});

const anyUsage: fc.Arbitrary<Usage> = fc.record({
  model: short,
  steps: amount,
  inputTokens: amount,
  cachedTokens: amount,
  outputTokens: amount,
  durationMs: fc.oneof(amount, fc.constantFrom(Number.NaN, -1)),
});

/** A choice by the one person whom the messages may mention. */
const anyChosen = fc.record({ place: amount, of: amount, by: fc.constant('U0MARA111') });

const anyChange: fc.Arbitrary<ChangeResult> = fc.record({
  kind: fc.constant('change'),
  summary: anyText,
  repo: short,
  branch: short,
  defaultBranch: short,
  commit,
  files: some(anyFile),
  verification: anyVerification,
  diffArtifactId: short,
  usage: anyUsage,
  chosen: anyChosen,
});

const anyAnswer: fc.Arbitrary<AnswerResult> = fc.record({
  kind: fc.constant('answer'),
  text: anyText,
  repo: short,
  usage: anyUsage,
});

const anyStep: fc.Arbitrary<PlanStep> = fc.record({
  title: short,
  status: fc.constantFrom('pending', 'in_progress', 'complete'),
});

const anyPhases: fc.Arbitrary<readonly PhaseView[]> = fc.tuple(
  ...(['prepare', 'agent', 'verify', 'publish'] as const).map((phase) =>
    fc.record({
      phase: fc.constant(phase),
      state: fc.constantFrom<PhaseView['state']>('pending', 'running', 'done', 'failed'),
      detail: short,
    }),
  ),
);

const anyFailure = fc.record({ code: fc.constant('internal' as const), message: anyText, advice: anyText });

export const anyWork: fc.Arbitrary<WorkView> = fc
  .record({
    requester: anyPerson,
    repo: fc.option(short),
    branch: short,
    model: fc.option(fc.record({ name: short, scripted: fc.boolean() })),
    phases: anyPhases,
    plan: some(anyStep),
    tool: fc.option(anyText),
    checks: fc.array(anyCheck, { maxLength: 5 }),
    restored: fc.constantFrom('sandbox', 'work', null),
    alertDecision: fc.constantFrom({ by: 'U0MARA111', how: 'mute' }, { by: 'U0MARA111', how: 'fix' }, null),
    startedAt: fc.option(date),
  })
  .map(work);

const anyOpenState: fc.Arbitrary<OpenState> = fc.oneof(
  fc.record({ state: fc.constantFrom('received', 'running') }),
  fc.record({
    state: fc.constant('needs_repo'),
    repoChoice: fc.record({ choices: some(short), reason: anyText }),
  }),
  fc.record({
    state: fc.constant('queued'),
    ahead: amount,
    queue: fc.option(fc.record({ before: amount, waitMs: fc.option(amount) })),
    isOffered: fc.boolean(),
  }),
  fc.record({
    state: fc.constant('waiting'),
    question: fc.option(fc.record({ id: fc.nat(), question: anyText, options: some(anyText) })),
  }),
);

const anyStop: fc.Arbitrary<StopView> = fc.oneof(
  fc.record({ how: fc.constant('stopped'), by: short, leaves: anyText }),
  fc.record({ how: fc.constantFrom('removed', 'deleted'), by: fc.constant('U0MARA111') }),
);

const anyEndState: fc.Arbitrary<EndState> = fc.oneof(
  fc.record({
    state: fc.constant('done'),
    finishedAt: date,
    result: fc.oneof(anyChange, anyAnswer, fc.constant(null)),
  }),
  fc.record({ state: fc.constantFrom('failed', 'refused'), finishedAt: date, failure: anyFailure }),
  fc.record({ state: fc.constant('stopped'), finishedAt: date, stopped: anyStop }),
);

export const anyTurn: fc.Arbitrary<TurnView> = fc
  .tuple(anyWork, fc.oneof(anyOpenState, anyEndState))
  .map(([known, state]) => ({ ...known, ...state }));

const anyMerge: fc.Arbitrary<MergeState> = fc.oneof(
  fc.record({ kind: fc.constant('open' as const) }),
  fc.record({ kind: fc.constant('merging' as const), by: anyPerson }),
  fc.record({
    kind: fc.constant('merged' as const),
    by: anyPerson,
    at: date,
    mergeCommit: commit,
    approvers: fc.array(anyPerson, { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('discarded' as const), by: anyPerson, at: date, undoable: fc.boolean() }),
);

const anyLinks: fc.Arbitrary<CodeLinks | null> = fc.option(
  fc.record({
    template: fc.constantFrom('https://code.example/{commit}/{path}#L{line}', 'javascript:{path}', '{path}'),
    commit,
  }),
);

const rows = {
  files: fc.constantFrom<Readonly<Record<string, string>>>({}, { one: 'F0ONE00001', two: 'not an id' }),
  merge: anyMerge,
  head: fc.option(commit),
  verified: fc.boolean(),
  approval: fc.record({
    needed: fc.integer({ min: 1, max: 5 }),
    given: fc.array(anyPerson, { maxLength: 5 }),
  }),
  codeLinks: anyLinks,
  isRivalled: fc.boolean(),
};

export const anyChangeView: fc.Arbitrary<ChangeView> = fc
  .tuple(anyWork, anyChange, fc.record(rows))
  .map(([known, result, more]) => ({ ...known, ...more, result }));

export const anyAnswerView: fc.Arbitrary<AnswerView> = fc
  .tuple(anyWork, anyAnswer, fc.record(rows))
  .map(([known, result, more]) => ({ ...known, ...more, result }));

/** Attempts in any state. */
export const anyAttempts: fc.Arbitrary<readonly AttemptView[]> = fc
  .array(fc.record({ approach: fc.constantFrom(null, ...APPROACHES), status: anyTurn, files: rows.files }), {
    minLength: 1,
    maxLength: MAX_ATTEMPTS + 1,
  })
  .map((attempts) => attempts.map((attempt, index) => ({ ...attempt, place: index + 1 })));

export const anyDate = date;

// Views of one request to the bakery shop, for the gallery.
import type { PlanStep } from '../../core/event.ts';
import type { PageComparison } from '../../core/page.ts';
import type { ChangeResult, Usage } from '../../core/result.ts';
import type { Person } from '../../core/turn.ts';
import { turnView } from '../../core/turn-view.ts';
import type { CheckResult } from '../../core/verification.ts';
import type { AnswerView, ChangeView, OpenView, PhaseView, QueuedView, WorkView } from '../../core/view.ts';

export const mara: Person = { id: 'U0MARA111', name: 'Mara Lind', email: 'mara@example.com' };
export const jon: Person = { id: 'U0JON2222', name: 'Jon Vale', email: 'jon@example.com' };
export const COMMIT = '4f9c2d1e8b7a6c5d4e3f2a1b0c9d8e7f6a5b4c3d';
export const MERGE_COMMIT = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';
const RECEIVED = new Date('2026-11-21T10:00:00Z');

/** A moment that many minutes after the request. */
export function after(minutes: number): Date {
  return new Date(RECEIVED.getTime() + minutes * 60_000);
}

export const plan: readonly PlanStep[] = [
  { title: 'Reproduce the wrong total with the failing test', status: 'complete' },
  { title: 'Multiply each price by its quantity in src/cart.js', status: 'in_progress' },
  { title: 'Run the tests and look at the cart page', status: 'pending' },
];

type PhaseStates = readonly [PhaseView['state'], string][];

export function phases(...states: PhaseStates): readonly PhaseView[] {
  const names = ['prepare', 'agent', 'verify', 'publish'] as const;
  return names.map((phase, index) => {
    const [state, detail] = states[index] ?? ['pending', ''];
    return { phase, state, detail };
  });
}

const untouched: WorkView = turnView(
  {
    turnId: 'turn-gallery',
    kind: 'mention',
    requester: mara,
    repo: 'bakery-shop',
    branch: 'threadsmith/k7m2pq9xwd',
  },
  [],
);

export function work(change: Partial<WorkView> = {}): WorkView {
  return { ...untouched, ...change };
}

export function queued(change: Partial<QueuedView> = {}): QueuedView {
  return { ...work(), state: 'queued', ahead: 0, queue: null, isOffered: false, ...change };
}

/** What a scripted model at work looks like. */
export const atWork = {
  model: { name: 'scripted', scripted: true },
  startedAt: RECEIVED,
  phases: phases(['done', 'bakery-shop at 91c2e07'], ['running', 'Reading the code']),
} as const;

export function running(change: Partial<WorkView> = {}): OpenView {
  return { ...work({ ...atWork, ...change }), state: 'running' };
}

/** A turn that waits for a person. */
export function waiting(change: Partial<WorkView> = {}): OpenView {
  return { ...work({ ...atWork, ...change }), state: 'waiting', question: null };
}

export const usage: Usage = {
  model: 'gpt-5.2-codex',
  steps: 11,
  inputTokens: 84_310,
  cachedTokens: 61_000,
  outputTokens: 3_920,
  durationMs: 152_000,
};

export const checks: readonly CheckResult[] = [
  { name: 'lint', run: 'npm run lint', status: 'passed', durationMs: 1_240, outputTail: '' },
  { name: 'test', run: 'npm test', status: 'passed', durationMs: 4_310, outputTail: '18 passed' },
  { name: 'types', run: 'npm run typecheck', status: 'passed', durationMs: 11_900, outputTail: '' },
];

export const failedChecks: readonly CheckResult[] = [
  { name: 'lint', run: 'npm run lint', status: 'passed', durationMs: 1_240, outputTail: '' },
  {
    name: 'test',
    run: 'npm test',
    status: 'failed',
    durationMs: 4_310,
    outputTail: [
      'not ok 7 - the total counts every item',
      '  expected: 2140',
      '  actual:   1070',
      '      at test/total.test.js:14:3',
      '# tests 18',
      '# pass 17',
      '# fail 1',
    ].join('\n'),
  },
  { name: 'browser', run: 'npm run e2e', status: 'timed_out', durationMs: 600_000, outputTail: '' },
];

export const cart: PageComparison = {
  name: 'Cart',
  path: '/cart.html',
  before: {
    artifactId: 'cart-before',
    consoleErrors: ['TypeError: total is not a function'],
    failedRequests: [],
    status: 200,
  },
  after: { artifactId: 'cart-after', consoleErrors: [], failedRequests: [], status: 200 },
};

const summary = `The cart's total left out quantities: it added each price once. It now multiplies **price × quantity** before it adds up, and rounds once at the end.

- \`src/cart.js:21\` – the sum itself
- \`test/total.test.js:14\` – the failing test, which passes now

The delivery line was right already; I left it alone.`;

export function changeResult(change: Partial<ChangeResult> = {}): ChangeResult {
  return {
    kind: 'change',
    summary,
    repo: 'bakery-shop',
    branch: 'threadsmith/k7m2pq9xwd',
    defaultBranch: 'main',
    commit: COMMIT,
    files: [
      { path: 'src/cart.js', status: 'modified', additions: 6, deletions: 2 },
      { path: 'test/total.test.js', status: 'modified', additions: 14, deletions: 0 },
      { path: 'public/pictures/total.png', status: 'added', additions: null, deletions: null },
    ],
    verification: { commit: COMMIT, passed: true, checks, pages: [cart], problems: [] },
    diffArtifactId: 'diff',
    usage,
    ...change,
  };
}

export function change(view: Partial<ChangeView> = {}): ChangeView {
  return {
    ...work({ model: { name: 'gpt-5.2-codex', scripted: false } }),
    result: changeResult(),
    files: { 'cart-before': 'F0CARTBEFORE', 'cart-after': 'F0CARTAFTER' },
    merge: { kind: 'open' },
    head: COMMIT,
    verified: true,
    approval: { needed: 1, given: [] },
    codeLinks: { template: 'https://code.example/bakery-shop/blob/{commit}/{path}#L{line}', commit: COMMIT },
    ...view,
  };
}

export function answer(text: string): AnswerView {
  return { ...change(), result: { kind: 'answer', text, repo: 'bakery-shop', usage } };
}

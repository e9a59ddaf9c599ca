// Views for the tests of blocks: a plausible turn, changed where a test needs it.
import type { PageComparison } from '../../core/page.ts';
import type { ChangeResult, Usage } from '../../core/result.ts';
import type { Person } from '../../core/turn.ts';
import { turnView } from '../../core/turn-view.ts';
import type { CheckResult } from '../../core/verification.ts';
import type { ChangeView, OpenView, QueuedView, RequestFacts, WorkView } from '../../core/view.ts';

export const mara: Person = { id: 'U0MARA111', name: 'Mara Lind', email: 'mara@example.com' };
export const jon: Person = { id: 'U0JON2222', name: 'Jon Vale', email: null };
export const at = new Date('2026-11-21T10:00:00Z');
export const COMMIT = '4f9c2d1e8b7a6c5d4e3f2a1b0c9d8e7f6a5b4c3d';
export const MERGE_COMMIT = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';

export const facts: RequestFacts = {
  turnId: 'turn-1',
  kind: 'mention',
  requester: mara,
  repo: 'bakery-shop',
  branch: 'threadsmith/abcdefghjk',
};

const untouched: WorkView = turnView(facts, []);

export function work(change: Partial<WorkView> = {}): WorkView {
  return { ...untouched, ...change };
}

export function queued(change: Partial<QueuedView> = {}): QueuedView {
  return { ...work(), state: 'queued', ahead: 0, queue: null, isOffered: false, ...change };
}

export const received: OpenView = { ...work(), state: 'received' };

export const usage: Usage = {
  model: 'gpt-5',
  steps: 9,
  inputTokens: 41_200,
  cachedTokens: 30_000,
  outputTokens: 2_300,
  durationMs: 94_000,
};

export function check(change: Partial<CheckResult> = {}): CheckResult {
  return {
    name: 'test',
    run: 'npm test',
    status: 'passed',
    durationMs: 2_300,
    outputTail: 'ok',
    ...change,
  };
}

export const cartPage: PageComparison = {
  name: 'Cart',
  path: '/cart',
  before: { artifactId: 'shot-before', consoleErrors: [], failedRequests: [], status: 200 },
  after: { artifactId: 'shot-after', consoleErrors: [], failedRequests: [], status: 200 },
};

export function changeResult(change: Partial<ChangeResult> = {}): ChangeResult {
  return {
    kind: 'change',
    summary: 'The total now **includes the quantity** of each item.\n\nSee `src/cart.js:12`.',
    repo: 'bakery-shop',
    branch: 'threadsmith/abcdefghjk',
    defaultBranch: 'main',
    commit: COMMIT,
    files: [{ path: 'src/cart.js', status: 'modified', additions: 3, deletions: 1 }],
    verification: { commit: COMMIT, passed: true, checks: [check()], pages: [cartPage], problems: [] },
    diffArtifactId: 'diff-1',
    usage,
    ...change,
  };
}

export function change(view: Partial<ChangeView> = {}): ChangeView {
  return {
    ...work(),
    result: changeResult(),
    files: { 'shot-before': 'F0BEFORE01', 'shot-after': 'F0AFTER001' },
    merge: { kind: 'open' },
    head: COMMIT,
    verified: true,
    approval: { needed: 1, given: [] },
    codeLinks: null,
    ...view,
  };
}

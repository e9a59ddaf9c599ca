// A request with several attempts, from the first step to the choice, for the gallery.
import { attemptsMessage } from '../../blocks/messages/attempts.ts';
import { keptNote } from '../../blocks/messages/kept.ts';
import { reminderMessage } from '../../blocks/messages/reminder.ts';
import { resultMessage } from '../../blocks/messages/result.ts';
import type { Approach } from '../../core/attempt.ts';
import type { TurnResult } from '../../core/result.ts';
import type { AttemptView, EndState, OpenState, WorkView } from '../../core/view.ts';
import { entries, type GalleryEntry } from './entries.ts';
import * as turns from './turns.ts';

const { after, change, changeResult, failedChecks, jon, mara, phases, usage, work } = turns;
const files = { 'cart-before': 'F0CARTBEFORE', 'cart-after': 'F0CARTAFTER' };
const verified = changeResult().verification;

function attempt(
  place: number,
  approach: Approach,
  state: OpenState | EndState,
  more: Partial<WorkView> = { startedAt: after(0) },
): AttemptView {
  const turnId = `turn-attempt-${place}`;
  return { place, approach, files, status: { ...work({ turnId, ...more }), ...state } };
}

function done(result: TurnResult): EndState {
  return { state: 'done', finishedAt: after(4), result };
}

const simplest = attempt(1, 'simplest', done(changeResult()));
const thorough = attempt(
  2,
  'thorough',
  done(
    changeResult({
      summary:
        'Every sum of the shop goes through one function now, and the empty cart has a test. More to read.',
      files: [
        { path: 'src/cart.js', status: 'modified', additions: 24, deletions: 11 },
        { path: 'src/receipt.js', status: 'modified', additions: 6, deletions: 9 },
        { path: 'test/total.test.js', status: 'modified', additions: 61, deletions: 0 },
      ],
    }),
  ),
);
const different = attempt(
  3,
  'different',
  done(
    changeResult({
      summary: 'The total is computed by the database, so that no page can add it up wrongly.',
      verification: { ...verified, passed: false, checks: failedChecks, problems: ['test failed'] },
      review: { verdict: 'fail', findings: [], reasons: ['It changes the schema.'], model: 'judge' },
    }),
  ),
);
const failed = attempt(3, 'different', {
  state: 'failed',
  finishedAt: after(3),
  failure: { code: 'budget_spent', message: 'The agent used up its 60 steps.', advice: 'Reply “continue”.' },
});

const working = [
  attempt(1, 'simplest', done(changeResult())),
  attempt(2, 'thorough', { state: 'running' }, { ...turns.atWork, tool: 'npm test -- total.test.js' }),
  attempt(
    3,
    'different',
    { state: 'running' },
    { startedAt: after(0), phases: phases(['done', ''], ['done', ''], ['running', 'Running test']) },
  ),
  attempt(4, 'maintainer', { state: 'queued', ahead: 0, queue: null, isOffered: false }, {}),
];

/** Every state of a request with several attempts. */
export function attemptStates(): GalleryEntry[] {
  const waiting = turns.waiting({ model: null });
  const options = { now: after(6), stoppable: true };
  const usageOfAll = { ...usage, steps: 38, inputTokens: 301_000, outputTokens: 14_100 };
  const chosen = { place: 2, of: 3, by: jon.id };
  return [
    ...entries('Attempts: under way', attemptsMessage(turns.running(), working, options)),
    ...entries('Attempts: choose one', attemptsMessage(waiting, [simplest, thorough, different], options)),
    ...entries('Attempts: one failed', attemptsMessage(waiting, [simplest, thorough, failed], options)),
    ...entries(
      'Attempts: a result and other ways',
      attemptsMessage(
        waiting,
        [
          { ...simplest, approach: null },
          { ...thorough, approach: 'simplest' },
          { ...different, approach: 'thorough' },
          { ...failed, place: 4 },
        ],
        options,
      ),
    ),
    ...entries(
      'Attempts: answers',
      attemptsMessage(
        waiting,
        [1, 2].map((place) =>
          attempt(
            place,
            place === 1 ? 'simplest' : 'thorough',
            done({
              kind: 'answer',
              text: '`cartTotal` in `src/cart.js` does it.',
              repo: 'bakery-shop',
              usage,
            }),
          ),
        ),
        options,
      ),
    ),
    ...entries(
      'Attempts: one is chosen',
      resultMessage(change({ result: changeResult({ chosen, usage: usageOfAll }) })),
    ),
    ...entries('Result: other ways are tried', resultMessage(change({ isRivalled: true }))),
    ...entries('Attempts: the result was kept', keptNote({ kind: 'kept', chosen: { ...chosen, place: 1 } })),
    ...entries('Reminder: choose one', reminderMessage({ to: mara, about: 'attempt' })),
  ];
}

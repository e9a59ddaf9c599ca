// Every state of every message and modal, each with a title, for the gallery page of the playground.
import { answerMessage } from '../../blocks/messages/answer.ts';
import { discardedNote } from '../../blocks/messages/discarded.ts';
import {
  alreadyChosen,
  alreadyDiscarded,
  alreadyMerged,
  alreadyMerging,
  couldNot,
  headMoved,
  notAllowed,
  outOfDate,
  turnRunning,
} from '../../blocks/messages/ephemeral.ts';
import { failureMessage } from '../../blocks/messages/failure.ts';
import { mergedNote } from '../../blocks/messages/merged.ts';
import { questionMessage } from '../../blocks/messages/question.ts';
import { reminderMessage } from '../../blocks/messages/reminder.ts';
import { repoChoiceMessage } from '../../blocks/messages/repo-choice.ts';
import { resultMessage } from '../../blocks/messages/result.ts';
import { snapshotFailedMessage } from '../../blocks/messages/snapshot-failed.ts';
import { statusMessage } from '../../blocks/messages/status.ts';
import { stoppedMessage } from '../../blocks/messages/stopped.ts';
import { usageMessage } from '../../blocks/messages/usage.ts';
import { takenUpMessage, withdrawnMessage } from '../../blocks/messages/waiting.ts';
import { mergeUnverifiedModal } from '../../blocks/modals/confirmations.ts';
import { requestChangesModal } from '../../blocks/modals/request-changes.ts';
import { viewDiffModal } from '../../blocks/modals/view-diff.ts';
import { alerts } from './alerts.ts';
import { attemptStates } from './attempts.ts';
import { entries, type GalleryEntry, view } from './entries.ts';
import { merging } from './merging.ts';
import { comparedPages } from './pages.ts';
import { starts } from './starts.ts';
import { answerText, diffText, hostileText, longDiff } from './texts.ts';
import * as turns from './turns.ts';

/** All entries, in the order in which a person meets them. */
export function galleryStates(): GalleryEntry[] {
  return [
    ...statuses(),
    ...results(),
    ...comparedPages(),
    ...merging(),
    ...words(),
    ...lines(),
    ...modals(),
    ...starts(),
    ...alerts(),
    ...attemptStates(),
  ];
}

function modal(title: string, shown: object): GalleryEntry {
  return view(title, 'modal', shown);
}

function statuses(): GalleryEntry[] {
  const { work, queued, running, waiting, phases, plan, after } = turns;
  const at = (minutes: number, stoppable = true) => ({ now: after(minutes), stoppable });
  return [
    ...entries('Status: received', statusMessage({ ...work(), state: 'received' }, at(0))),
    ...entries(
      'Status: waiting for a worker',
      statusMessage(queued({ queue: { before: 3, waitMs: 380_000 } }), at(0)),
    ),
    ...entries(
      'Status: the sandbox was lost',
      statusMessage(running({ restored: 'sandbox', plan, tool: 'npm test' }), at(6)),
    ),
    ...entries(
      'Status: the sandbox was lost with work in it',
      statusMessage(running({ restored: 'work', plan, tool: 'npm test' }), at(6)),
    ),
    ...entries('Status: waiting behind others', statusMessage(queued({ ahead: 2 }), at(0))),
    ...entries(
      'Status: handed to the request at work',
      statusMessage(queued({ ahead: 1, isOffered: true }), at(0)),
    ),
    ...entries('Status: taken up', takenUpMessage()),
    ...entries('Status: removed', withdrawnMessage({ by: turns.jon.id, how: 'removed' })),
    ...entries('Status: its message was deleted', withdrawnMessage({ by: turns.jon.id, how: 'deleted' })),
    ...entries(
      'Status: preparing',
      statusMessage(running({ phases: phases(['running', 'Installing the packages']) }), at(0)),
    ),
    ...entries('Status: working', statusMessage(running({ plan, tool: 'npm test -- total.test.js' }), at(3))),
    ...entries(
      'Status: verifying, second round',
      statusMessage(
        running({
          plan: plan.map((step) => ({ ...step, status: 'complete' })),
          phases: phases(['done', 'bakery-shop at 91c2e07'], ['done', ''], ['running', 'Opening /cart.html']),
          checks: turns.failedChecks.slice(0, 2),
          round: 2,
          model: { name: 'gpt-5.2-codex', scripted: false },
        }),
        at(12),
      ),
    ),
    ...entries('Status: waiting for an answer', statusMessage(waiting({ plan }), at(4))),
  ];
}

function results(): GalleryEntry[] {
  const { change, changeResult, jon, after, MERGE_COMMIT, failedChecks, cart, COMMIT } = turns;
  const failing = change({
    verified: false,
    result: changeResult({
      verification: {
        commit: COMMIT,
        passed: false,
        checks: failedChecks,
        pages: [
          {
            ...cart,
            before: cart.before && { ...cart.before, consoleErrors: [] },
            after: cart.after && {
              ...cart.after,
              consoleErrors: ['TypeError: cannot read properties of undefined (reading "cents")'],
              failedRequests: ['GET /api/basket 500'],
            },
          },
        ],
        problems: ['npm run e2e did not end within 10 minutes'],
      },
    }),
  });
  const bare = change({
    verified: false,
    model: { name: 'scripted', scripted: true },
    result: changeResult({
      verification: {
        commit: COMMIT,
        passed: false,
        checks: [],
        pages: [],
        problems: ['The repo names no checks: nothing could be verified'],
      },
    }),
  });
  return [
    ...entries('Result: verified', resultMessage(change())),
    ...entries('Result: checks fail', resultMessage(failing)),
    ...entries('Result: a repo without checks', resultMessage(bare)),
    ...entries('Result: being merged', resultMessage(change({ merge: { kind: 'merging', by: jon } }))),
    ...entries('Result: the branch moved on', resultMessage(change({ head: MERGE_COMMIT }))),
    ...entries(
      'Result: merged',
      resultMessage(change({ merge: { kind: 'merged', by: jon, at: after(20), mergeCommit: MERGE_COMMIT } })),
    ),
    ...entries(
      'Result: discarded, to be undone',
      resultMessage(change({ merge: { kind: 'discarded', by: jon, at: after(20), undoable: true } })),
    ),
    ...entries(
      'Result: discarded',
      resultMessage(change({ merge: { kind: 'discarded', by: jon, at: after(20) } })),
    ),
    ...entries(
      'Result: a long summary and many files',
      resultMessage(
        change({
          files: {},
          result: changeResult({
            summary: `${answerText}\n\n${'A paragraph about one more detail of the change that goes on for a while. '.repeat(60)}\n\n## The rest\n\n${answerText}`,
            files: Array.from({ length: 40 }, (_, index) => ({
              path: `src/generated/part-${index}.js`,
              status: index % 7 === 0 ? 'added' : 'modified',
              additions: index * 3,
              deletions: index,
            })),
          }),
        }),
      ),
    ),
    ...entries(
      'Note: merged',
      mergedNote({ ...notes(), kind: 'merged', mergeCommit: MERGE_COMMIT, verified: true }),
    ),
    ...entries('Note: discarded', discardedNote({ kind: 'discarded', by: jon, branch: notes().branch })),
  ];
}

function notes() {
  return { by: turns.jon, branch: 'threadsmith/k7m2pq9xwd', defaultBranch: 'main', commit: turns.COMMIT };
}

function words(): GalleryEntry[] {
  const about = 'bakery-shop · threadsmith/k7m2pq9xwd';
  const turnId = 'turn-gallery';
  const failure = {
    code: 'model_unreachable',
    message: 'The model did not answer: the connection to its server was refused.',
    advice: 'Check OPENAI_BASE_URL, then try again; the work so far is kept.',
  } as const;
  const refused = {
    code: 'not_allowed',
    message: 'Lee may not start work here.',
    advice: '',
  } as const;
  const question = 'The cart has **two totals**: with and without delivery. Which one is wrong?';
  const asked = { turnId, questionId: 7, question, options: ['With delivery', 'Without delivery', 'Both'] };
  const longOptions = [
    'Round each line to whole cents and add the rounded lines up, as the invoice does today',
    'Add up exact amounts and round only the sum, as the checkout does today',
  ];
  const many = Array.from({ length: 23 }, (_, index) => `service-${index + 1}`);
  return [
    ...entries('Answer', answerMessage(turns.answer(answerText))),
    ...entries(
      'Answer: the first of its thread',
      answerMessage({ ...turns.answer(answerText), changeable: true, base: 'release/2' }),
    ),
    ...entries('Answer: hostile text stays text', answerMessage(turns.answer(hostileText))),
    ...entries('Failure', failureMessage({ failure, turnId, canRetry: true, about })),
    ...entries(
      'Failure: out of budget',
      failureMessage({
        failure: {
          code: 'budget_spent',
          message: 'The agent used up its 80 steps.',
          advice: 'Let it go on from where it is, or reply with what it should do instead.',
        },
        turnId,
        canRetry: true,
        about,
      }),
    ),
    ...entries('Reminder', reminderMessage({ to: turns.mara, about: 'answer' })),
    ...entries(
      'Setup of a repo fails',
      snapshotFailedMessage('brightloaf', {
        code: 'setup_failed',
        message: 'The setup line `npm ci` failed (1):\nnpm error code E404\nnpm error 404 Not Found: oven@9',
        advice: 'Correct `setup` in .threadsmith.yaml, or the packages it installs, and reply in the thread.',
      }),
    ),
    ...entries('Reminder: which repo', reminderMessage({ to: turns.mara, about: 'repo' })),
    ...entries('Reminder: a change to review', reminderMessage({ to: turns.mara, about: 'review' })),
    ...entries('Refused', failureMessage({ failure: refused, turnId, canRetry: false })),
    ...entries(
      'Stopped',
      stoppedMessage({
        by: turns.jon.id,
        leaves: 'Two changed files stay in the sandbox, nothing was pushed.',
        about,
      }),
    ),
    ...entries(
      'Stopped: expired',
      stoppedMessage({
        by: 'Threadsmith',
        leaves: 'This expired: nobody answered within 7 days, so nothing was changed.',
        about,
      }),
    ),
    ...entries('Question', questionMessage(asked)),
    ...entries('Question: long options', questionMessage({ ...asked, options: longOptions })),
    ...entries(
      'Which repo: buttons',
      repoChoiceMessage({
        turnId,
        choices: ['bakery-shop', 'bakery-api', 'infra'],
        reason: 'No repo is set for this channel.',
      }),
    ),
    ...entries('Which repo: menu', repoChoiceMessage({ turnId, choices: many, reason: '' })),
    ...entries('Which repo: none', repoChoiceMessage({ turnId, choices: [], reason: '' })),
    ...entries('Usage hint', usageMessage()),
  ];
}

function lines(): GalleryEntry[] {
  const { jon, COMMIT, MERGE_COMMIT } = turns;
  return [
    ...entries('Only you: may not merge', notAllowed('merge', [jon.id, 'mara@example.com'])),
    ...entries('Only you: nobody may', notAllowed('approve', [])),
    ...entries('Only you: somebody is merging', alreadyMerging(jon)),
    ...entries('Only you: merged already', alreadyMerged(jon, MERGE_COMMIT)),
    ...entries('Only you: discarded already', alreadyDiscarded(jon)),
    ...entries('Only you: the head moved', headMoved(COMMIT, MERGE_COMMIT)),
    ...entries('Only you: work goes on', turnRunning()),
    ...entries('Only you: decided already', alreadyChosen('bakery-api was chosen')),
    ...entries('Only you: an old button', outOfDate()),
    ...entries(
      'Only you: it failed',
      couldNot('The branch main could not be fetched.', 'Try again in a minute.'),
    ),
  ];
}

function modals(): GalleryEntry[] {
  const { change, changeResult, failedChecks, COMMIT } = turns;
  const turnId = 'turn-gallery';
  const whole = 'The whole diff is on the branch threadsmith/k7m2pq9xwd.';
  const unverified = change({
    verified: false,
    result: changeResult({
      verification: { commit: COMMIT, passed: false, checks: failedChecks, pages: [], problems: [] },
    }),
  });
  return [
    modal(
      'Modal: request changes',
      requestChangesModal({ turnId, repo: 'bakery-shop', branch: notes().branch }),
    ),
    modal('Modal: diff', viewDiffModal({ turnId, diff: diffText, page: 0, whole })),
    modal('Modal: a long diff, page 2', viewDiffModal({ turnId, diff: longDiff, page: 1, whole })),
    modal('Modal: no diff', viewDiffModal({ turnId, diff: '', page: 0, whole })),
    modal('Modal: merge unverified', mergeUnverifiedModal(unverified)),
  ];
}

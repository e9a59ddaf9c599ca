// Messages to one person: why a click of theirs had no effect, or what their approval changed.
import type { RichTextElement } from '@slack/types';
import type { Act } from '../../core/rights/authority.ts';
import type { FittedMessage } from '../parts/message.ts';
import { isUserId, type Named, person, words } from '../parts/rich.ts';
import { oneLine, shortCommit } from '../rules/text.ts';
import { lineMessage } from './line.ts';

const acts: Record<Act, string> = {
  start: 'start work',
  approve: 'approve changes',
  merge: 'merge changes',
};

const NAMES_MAX = 12;

/** Refuses the approval of the only person who asked for the change. */
export function ownChange(who: readonly string[]): FittedMessage {
  return lineMessage([
    words('You are the only one who asked for this change, so somebody else has to approve it: '),
    ...peopleOf(who),
    words(' (approvals.own in the configuration would allow it.)'),
  ]);
}

/** Says that the approval counts, and what else the merge needs. */
export function approvalCounted(given: number, needed: number, mergers: readonly string[]): FittedMessage {
  const left = needed - given;
  if (left > 0) {
    const people = left === 1 ? 'One more person has' : `${left} more people have`;
    return lineMessage([
      words(`Your approval counts: ${given} of ${needed}. ${people} to approve this commit.`),
    ]);
  }
  if (mergers.length === 0)
    return lineMessage([
      words(
        `Your approval counts: ${given} of ${needed}. Nobody may merge yet: people.merge in the configuration names no one.`,
      ),
    ]);
  return lineMessage([
    words(`Your approval counts: ${given} of ${needed}. These people may merge it now: `),
    ...peopleOf(mergers),
  ]);
}

/** Refuses an act. `who` is a list of the configuration: Slack ids, e-mail addresses, `everyone`. */
export function notAllowed(act: Act, who: readonly string[]): FittedMessage {
  if (who.length === 0)
    return lineMessage([
      words(`Nobody may ${acts[act]} yet: people.${act} in the configuration names no one.`),
    ]);
  return lineMessage([words(`You may not ${acts[act]} here. These people may: `), ...peopleOf(who)]);
}

/** The end of a sentence: the first entries of a list, and how many more there are. */
function peopleOf(who: readonly string[]): readonly (readonly RichTextElement[])[] {
  const names = who.slice(0, NAMES_MAX).map(personOf);
  const left = who.length - names.length;
  return [
    ...names.flatMap((name, index) => (index > 0 ? [words(', '), name] : [name])),
    words(left > 0 ? ` and ${left} more.` : '.'),
  ];
}

function personOf(entry: string): readonly RichTextElement[] {
  if (entry === 'everyone') return words('every full member of this workspace');
  return isUserId(entry) ? person({ id: entry }) : words(oneLine(entry, 120));
}

export function alreadyMerging(by: Named): FittedMessage {
  return lineMessage([person(by), words(' is merging this already; nothing was done twice.')], by);
}

export function alreadyMerged(by: Named, mergeCommit: string): FittedMessage {
  return lineMessage([person(by), words(` has merged this already, as ${shortCommit(mergeCommit)}.`)], by);
}

export function alreadyDiscarded(by: Named): FittedMessage {
  return lineMessage(
    [person(by), words(' has discarded this. Reply in the thread to take it up again.')],
    by,
  );
}

/** Refuses a decision because the branch has moved from the commit that the person saw. */
export function headMoved(shown: string, head: string): FittedMessage {
  return lineMessage([
    words(
      `The branch has moved from ${shortCommit(shown)} to ${shortCommit(head)} since this message. Look at the newest result in the thread and decide there.`,
    ),
  ]);
}

/** Refuses a decision because a turn is at work, whose commit will change the branch. */
export function turnRunning(): FittedMessage {
  return lineMessage([words('Work is going on in this thread. Decide when its result is here.')]);
}

/** Refuses a click on a button whose subject is gone, or that another version made. */
export function outOfDate(): FittedMessage {
  return lineMessage([words('This button is out of date. Reply in the thread with what you want done.')]);
}

/** Refuses a choice because another one came first. */
export function alreadyChosen(what: string): FittedMessage {
  return lineMessage([words(`This is decided already: ${oneLine(what, 200)}.`)]);
}

/** Tells one person of a failure. */
export function couldNot(message: string, advice: string): FittedMessage {
  return lineMessage([words(`${oneLine(message, 1_000)} ${oneLine(advice, 1_000)}`.trim())]);
}

/** Says which attachments were left out. */
export function filesLeft(sentences: readonly string[]): FittedMessage {
  const lines = sentences.slice(0, 10).map((sentence) => oneLine(sentence, 300));
  const rest = 'The work goes on without it.';
  return lineMessage([words([...lines, rest].join('\n'))]);
}

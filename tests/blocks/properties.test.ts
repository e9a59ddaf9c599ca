// Slack takes the message of every state with every text in it, and the text stays text.
import type { ActionsBlock, KnownBlock, ModalView } from '@slack/types';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fit } from '../../blocks/fit/fit.ts';
import { markdownBlocks } from '../../blocks/markdown/markdown.ts';
import { attemptsMessage } from '../../blocks/messages/attempts.ts';
import { couldNot, notAllowed } from '../../blocks/messages/ephemeral.ts';
import { questionMessage } from '../../blocks/messages/question.ts';
import { finishedMessage, turnMessage } from '../../blocks/messages/turn.ts';
import { mergeUnverifiedModal } from '../../blocks/modals/confirmations.ts';
import { requestChangesModal } from '../../blocks/modals/request-changes.ts';
import { viewDiffModal } from '../../blocks/modals/view-diff.ts';
import type { FittedMessage } from '../../blocks/parts/message.ts';
import { isUserId } from '../../blocks/parts/rich.ts';
import { validateMessage } from '../../blocks/rules/validate.ts';
import { isFields } from '../../blocks/rules/weigh.ts';
import type { WorkView } from '../../core/view.ts';
import { findProblems } from '../../playground/slack/blocks/check.ts';
import {
  anyAnswerView,
  anyAttempts,
  anyChangeView,
  anyDate,
  anyText,
  anyTurn,
  anyWork,
} from './arbitraries.ts';
import { dangers, viewProblems } from './safety.ts';

const RUNS = { numRuns: Number(process.env.PROPERTY_RUNS ?? 300) };

/** What Slack would refuse, and what text from outside must not have become. */
function wrongs(message: FittedMessage, people: readonly string[] = []): unknown[] {
  const each = [message, ...message.overflow].flatMap((one) => [
    ...validateMessage(one),
    ...dangers(one, people),
    // The playground's Slack implements the reference independently: both must agree.
    ...findProblems(one.blocks, 'message', '/blocks', () => undefined),
  ]);
  return [...message.replaced, ...each];
}

function wrongsOfView(view: ModalView): unknown[] {
  return [...viewProblems(view, 'modal'), ...dangers(view, [])];
}

/** The people whom rows and events name: no one else may be mentioned. */
function peopleIn(view: WorkView): string[] {
  const idIn = (value: unknown, ...names: string[]): unknown =>
    names.reduce((inner: unknown, name) => (isFields(inner) ? inner[name] : undefined), value);
  return [
    view.requester.id,
    idIn(view, 'merge', 'by', 'id'),
    idIn(view, 'stopped', 'by'),
    idIn(view, 'result', 'chosen', 'by'),
    ...approversOf(idIn(view, 'merge', 'approvers')),
  ].filter((id): id is string => typeof id === 'string' && isUserId(id));
}

function approversOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.map((one: unknown) => (isFields(one) ? one.id : undefined)) : [];
}

test('any turn gives a message that Slack takes', () => {
  fc.assert(
    fc.property(anyTurn, anyDate, fc.boolean(), (view, now, stoppable) => {
      expect(wrongs(turnMessage(view, { now, stoppable }), peopleIn(view))).toEqual([]);
    }),
    RUNS,
  );
});

test('any change gives a message that Slack takes, with its buttons in the first one', () => {
  fc.assert(
    fc.property(anyChangeView, (view) => {
      const message = finishedMessage(view);
      expect(wrongs(message, peopleIn(view))).toEqual([]);
      const over = view.merge.kind === 'discarded' && view.merge.undoable !== true;
      expect(message.blocks.filter((block) => block.type === 'actions')).toHaveLength(over ? 0 : 1);
      expect(
        message.overflow.flatMap((more) => more.blocks).filter((block) => block.type === 'actions'),
      ).toEqual([]);
    }),
    RUNS,
  );
});

test('any attempts give a message that Slack takes, with their buttons in the first one', () => {
  fc.assert(
    fc.property(anyWork, anyAttempts, anyDate, fc.boolean(), (known, attempts, now, isChoice) => {
      const state = isChoice
        ? ({ state: 'waiting', question: null } as const)
        : ({ state: 'running' } as const);
      const message = attemptsMessage({ ...known, ...state }, attempts, { now, stoppable: true });
      expect(wrongs(message)).toEqual([]);
      expect(message.blocks.filter(({ type }) => type === (isChoice ? 'carousel' : 'plan'))).toHaveLength(1);
      expect(message.blocks.filter(({ type }) => type === 'actions')).toHaveLength(1);
    }),
    RUNS,
  );
});

test('any answer gives messages that Slack takes', () => {
  fc.assert(
    fc.property(anyAnswerView, (view) => {
      expect(wrongs(finishedMessage(view), peopleIn(view))).toEqual([]);
    }),
    RUNS,
  );
});

test('any question gives a message that Slack takes', () => {
  fc.assert(
    fc.property(anyText, fc.array(anyText, { maxLength: 30 }), (question, options) => {
      expect(wrongs(questionMessage({ turnId: 'turn-1', questionId: 7, question, options }))).toEqual([]);
    }),
    RUNS,
  );
});

test('any line for one person is a message that Slack takes', () => {
  fc.assert(
    fc.property(anyText, anyText, fc.array(anyText, { maxLength: 20 }), (message, advice, who) => {
      expect(wrongs(couldNot(message, advice))).toEqual([]);
      expect(wrongs(notAllowed('merge', who), who.filter(isUserId))).toEqual([]);
    }),
    RUNS,
  );
});

test('any diff and any page number give a modal that Slack opens', () => {
  const anyDiff = fc.array(
    fc.oneof(
      anyText,
      anyText.map((text) => `diff --git a/x b/x\n@@ -1 +1 @@\n${text}\n`),
    ),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(anyDiff, fc.oneof(fc.integer(), fc.nat(20), fc.double()), anyText, (parts, page, whole) => {
      const view = viewDiffModal({ turnId: 'turn-1', diff: parts.join(''), page, whole });
      expect(wrongsOfView(view)).toEqual([]);
    }),
    RUNS,
  );
});

test('any change gives confirmation modals that Slack opens', () => {
  fc.assert(
    fc.property(anyChangeView, (view) => {
      const modals = [
        mergeUnverifiedModal(view),
        requestChangesModal({ turnId: 'turn-1', repo: view.result.repo, branch: view.result.branch }),
      ];
      expect(modals.flatMap(wrongsOfView)).toEqual([]);
    }),
    RUNS,
  );
});

test('Markdown of any kind and length fits, without a word lost', () => {
  const wordsIn = (text: string) => text.match(/[A-Za-z]{4,}/g) ?? [];
  fc.assert(
    fc.property(
      fc.array(fc.lorem({ maxCount: 40, mode: 'sentences' }), { minLength: 1, maxLength: 60 }),
      anyText,
      (sentences, text) => {
        expect(wrongs(fit({ text: 'x', blocks: markdownBlocks(text) }))).toEqual([]);
        const source = sentences.join('\n\n');
        const fitted = fit({ text: 'x', blocks: markdownBlocks(source) });
        const shown = [fitted, ...fitted.overflow].flatMap((one) => one.blocks);
        expect(wordsIn(textsOf(shown))).toEqual(wordsIn(source));
      },
    ),
    RUNS,
  );
});

function textsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textsOf).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  if ('type' in value && value.type === 'text' && 'text' in value) return String(value.text);
  return Object.values(value).map(textsOf).join('');
}

test('a message of any blocks, legal or not, is made legal', () => {
  const textObject = fc.record({
    type: fc.constantFrom('plain_text' as const, 'mrkdwn' as const),
    text: anyText,
  });
  const anyBlock: fc.Arbitrary<KnownBlock> = fc.oneof(
    fc.record({ type: fc.constant('section' as const), text: textObject }),
    fc.record({ type: fc.constant('section' as const), fields: fc.array(textObject, { maxLength: 14 }) }),
    fc.record({ type: fc.constant('context' as const), elements: fc.array(textObject, { maxLength: 14 }) }),
    fc.record({ type: fc.constant('markdown' as const), text: anyText }),
    fc.record({ type: fc.constant('divider' as const) }),
    fc.record({
      type: fc.constant('header' as const),
      text: fc.record({ type: fc.constant('plain_text' as const), text: anyText }),
    }),
    fc.record({
      type: fc.constant('table' as const),
      rows: fc.array(
        fc.array(fc.record({ type: fc.constant('raw_text' as const), text: anyText }), { maxLength: 24 }),
        { maxLength: 120 },
      ),
    }),
    fc.record({
      type: fc.constant('image' as const),
      slack_file: fc.record({ id: fc.constantFrom('F0ABCDEFGH', 'nope') }),
      alt_text: anyText,
    }),
    fc.record({ type: fc.constant('actions' as const), elements: fc.constant<ActionsBlock['elements']>([]) }),
  );
  fc.assert(
    fc.property(anyText, fc.array(anyBlock, { maxLength: 70, size: 'max' }), (text, blocks) => {
      const fitted = fit({ text, blocks });
      for (const one of [fitted, ...fitted.overflow]) expect(validateMessage(one)).toEqual([]);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 150) },
  );
});

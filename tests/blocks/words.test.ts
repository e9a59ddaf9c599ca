// Messages that are mostly words: answers, questions, messages to one person.
import { describe, expect, test } from 'vitest';
import { answerMessage } from '../../blocks/messages/answer.ts';
import { alreadyMerging, couldNot, headMoved, notAllowed } from '../../blocks/messages/ephemeral.ts';
import { failureMessage } from '../../blocks/messages/failure.ts';
import { questionMessage } from '../../blocks/messages/question.ts';
import { finishedMessage } from '../../blocks/messages/turn.ts';
import { usageMessage } from '../../blocks/messages/usage.ts';
import { duration, elapsed, roughly } from '../../blocks/parts/amounts.ts';
import { clean, cut, escapeTo, oneLine, splitLines, splitText } from '../../blocks/rules/text.ts';
import { COMMIT, change, jon, MERGE_COMMIT, usage } from './samples.ts';

describe('an answer', () => {
  const view = {
    ...change(),
    result: { kind: 'answer', text: 'It is in `src/cart.js:12`.', repo: 'shop', usage },
  } as const;

  test('has links to the lines it rests on and nothing to merge', () => {
    const links = { template: 'https://code.example/{commit}/{path}#L{line}', commit: 'main' };
    const message = answerMessage({ ...view, codeLinks: links });
    expect(message.text).toBe('It is in src/cart.js:12.');
    expect(JSON.stringify(message.blocks)).toContain('https://code.example/main/src/cart.js#L12');
    expect(JSON.stringify(message.blocks)).not.toContain('"actions"');
    expect(finishedMessage(view)).toEqual(answerMessage(view));
  });

  test('that is empty says so', () => {
    const message = answerMessage({ ...view, result: { ...view.result, text: ' ' } });
    expect(message.text).toBe('The agent ended without an answer.');
  });
});

describe('a failure', () => {
  test('shows a command in its sentence as code, without the signs around it', () => {
    const message = failureMessage({
      failure: { code: 'setup_failed', message: 'The line `npm ci` failed.', advice: 'Correct `setup`.' },
      turnId: 't',
      canRetry: false,
    });
    const blocks = JSON.stringify(message.blocks);
    expect(blocks).toContain('"text":"npm ci","style":{"bold":true,"code":true}');
    expect(blocks).toContain('"text":"setup","style":{"code":true}');
    expect(blocks).not.toContain('`');
  });
});

describe('a question', () => {
  test('with long options spells them out and numbers the buttons', () => {
    const long = 'o'.repeat(80);
    const json = JSON.stringify(
      questionMessage({ turnId: 't', questionId: 7, question: 'Which?', options: [long, 'b'] }).blocks,
    );
    expect(json).toContain(long);
    expect(json).toContain('"text":"2","emoji":false');
  });

  test('offers ten options at most; the rest is left to words in the thread', () => {
    const options = Array.from({ length: 14 }, (_, index) => `o${index}`);
    const json = JSON.stringify(
      questionMessage({ turnId: 't', questionId: 7, question: 'Which?', options }).blocks,
    );
    expect(json).toContain('threadsmith.option.9');
    expect(json).not.toContain('threadsmith.option.10');
  });
});

describe('lines for one person', () => {
  test('say who may, and mention only ids of the configuration', () => {
    const message = notAllowed('merge', ['U0JON2222', 'mara@example.com', '<!channel>']);
    expect(message.text).toBe(
      'You may not merge changes here. These people may: <@U0JON2222>, mara@example.com, &lt;!channel&gt;.',
    );
  });

  test('say that no one may', () => {
    expect(notAllowed('start', ['everyone']).text).toBe(
      'You may not start work here. These people may: every full member of this workspace.',
    );
    expect(notAllowed('approve', []).text).toBe(
      'Nobody may approve changes yet: people.approve in the configuration names no one.',
    );
  });

  test('name the person who was first, and the two commits', () => {
    expect(alreadyMerging(jon).text).toBe('Jon Vale is merging this already; nothing was done twice.');
    expect(headMoved(COMMIT, MERGE_COMMIT).text).toContain('from 4f9c2d1 to a1b2c3d');
  });

  test('show hostile text as text', () => {
    expect(couldNot('<@U0EVIL999> broke', 'Ask <!here>.').text).toBe(
      '&lt;@U0EVIL999&gt; broke Ask &lt;!here&gt;.',
    );
  });
});

test('the usage hint names the bot as this workspace knows it', () => {
  expect(usageMessage().text).toBe(
    'Say what you want done, for example: @threadsmith fix the total on the cart page',
  );
  expect(usageMessage({ botUserId: 'U0BOT0001' }).text).toContain('<@U0BOT0001> fix');
});

describe('texts', () => {
  test('are cleaned of controls, turned direction and half characters', () => {
    expect(clean('a\u0000b\u202ec\r\nd\ud800e\u2028f')).toBe('abc\nd\ufffde\nf');
    expect(oneLine(' a \n\t b ', 10)).toBe('a b');
  });

  test('are cut on a character', () => {
    expect(cut('ab👍cd', 4)).toBe('ab…');
    expect(cut('ab👍cd', 5)).toBe('ab👍…');
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abc', 0)).toBe('');
  });

  test('are escaped to a length without cutting an entity', () => {
    expect(escapeTo('ab<c', 20)).toBe('ab&lt;c');
    expect(escapeTo('ab<cd', 6)).toBe('ab…');
    expect(escapeTo('abcdef', 4)).toBe('abc…');
  });

  test('are split between paragraphs, lines, words, and only then within a word', () => {
    expect(splitText('aaaa\n\nbbbb cc', 8)).toEqual(['aaaa', 'bbbb cc']);
    expect(splitText('aaaa bbbb cccc', 10)).toEqual(['aaaa bbbb', 'cccc']);
    expect(splitText('a'.repeat(25), 10)).toEqual(['a'.repeat(10), 'a'.repeat(10), 'a'.repeat(5)]);
    expect(splitLines('  a\n  b\n  c', 8)).toEqual(['  a\n  b', '  c']);
  });
});

describe('amounts', () => {
  test('of time read as one says them', () => {
    expect([0, 2_300, 42_000, 90_000, 3_600_000, 3_900_000, Number.NaN].map(duration)).toEqual([
      '0 s',
      '2.3 s',
      '42 s',
      '2 min',
      '1 h',
      '1 h 5 min',
      '0 s',
    ]);
    const start = new Date(0);
    expect(
      [59, 60, 299, 300, 599, 3_900].map((seconds) => elapsed(start, new Date(seconds * 1_000))),
    ).toEqual([null, '1 min', '4 min', '5 min', '5 min', '1 h 5 min']);
  });

  test('of tokens are rounded', () => {
    expect([950, 12_300, 1_240_000].map(roughly)).toEqual(['950', '12.3k', '1.2M']);
  });
});

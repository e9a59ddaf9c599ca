// Which step comes next: derived from the request alone.

import { describe, expect, it } from 'vitest';
import { callId, chooseStep } from '../../playground/model/choose.ts';
import type { Script } from '../../playground/model/script.ts';
import { parseScript } from '../../playground/model/script.ts';
import type { Entry, Transcript } from '../../playground/model/transcript.ts';

const cake = parseScript(
  `
match: bake a cake
steps:
  - tools: [{ name: shell, arguments: { command: one } }]
  - tools: [{ name: shell, arguments: { command: two } }]
  - say: baked
  - say: baked again
`,
  'cake',
);
const bread = parseScript('match: bake bread\nsteps: [{ say: bread }]', 'bread');
const judge = parseScript('role: judge\nsystem_matches: \\bjudge\\b\nsteps: [{ say: fine }]', 'judge');
const scripts: readonly Script[] = [cake, bread, judge];

function transcript(entries: readonly Entry[], rest: Partial<Transcript> = {}): Transcript {
  return {
    model: 'm',
    system: 'You are an agent.',
    entries,
    toolNames: ['shell'],
    stream: false,
    conversation: 'c',
    prompt: '',
    ...rest,
  };
}

const user = (text: string): Entry => ({ kind: 'user', text });
const said = (text: string): Entry => ({ kind: 'assistant', text, calls: [] });
const called = (...ids: string[]): Entry => ({
  kind: 'assistant',
  text: '',
  calls: ids.map((id) => ({ id, name: 'shell' })),
});
const result = (text: string): Entry => ({ kind: 'result', callId: 'any', text });

function next(entries: readonly Entry[], rest: Partial<Transcript> = {}): string {
  const choice = chooseStep(transcript(entries, rest), scripts);
  return choice.kind === 'unknown' ? 'unknown' : `${choice.script.name} ${choice.step}`;
}

const prefix = '0123456789ab';

describe('choosing the next step', () => {
  it('counts the steps after the request, whatever ids the product gives to calls', () => {
    expect(next([user('bake a cake')])).toBe('cake 0');
    expect(next([user('bake a cake'), called('a', 'b'), result('x'), result('y')])).toBe('cake 1');
    expect(next([user('bake a cake'), called('a'), result('x'), called('b'), result('y')])).toBe('cake 2');
  });

  it('takes text and calls of one response as one step, also when results stand between the calls', () => {
    expect(next([user('bake a cake'), said('I begin.'), called('a'), result('x')])).toBe('cake 1');
    const [first, second] = [callId(prefix, 0, true, 0), callId(prefix, 0, true, 1)];
    expect(next([user('bake a cake'), called(first), result('x'), called(second), result('y')])).toBe(
      'cake 1',
    );
  });

  it('knows its place in a transcript whose beginning was compacted away', () => {
    expect(next([user('bake a cake'), called(callId(prefix, 1, true, 0)), result('x')])).toBe('cake 2');
  });

  it('goes on by the note of its own summary where all its steps were cut off', () => {
    const note = '<summary>Steps played so far: 2. Last heard: x</summary>';
    expect(next([user(note), user('bake a cake')])).toBe('cake 2');
    expect(next([user(note), user('<request>bake a cake</request>'), user('<request>go on</request>')])).toBe(
      'cake 2',
    );
    expect(next([user(note), user('bake a cake'), called(callId(prefix, 2, true, 0)), result('y')])).toBe(
      'cake 3',
    );
    // Of an earlier request: it has steps behind it.
    expect(next([user(note), called('a'), result('x'), user('bake a cake')])).toBe('cake 0');
  });

  it('notes down in a summary how far the conversation got and what it heard last', () => {
    const summary = parseScript(
      'role: judge\nsystem_matches: sum up\nsteps: [{ say: "{{steps}}, {{result}}" }]',
      's',
    );
    const conversation = [
      'MESSAGE\n<summary>Steps played so far: 1.</summary>',
      'MESSAGE\n<request>bake a cake</request>',
      'AGENT\nCALL shell {}',
      'RESULT\nflour',
      'MESSAGE\n<request>go on</request>',
    ].join('\n\n');
    const choice = chooseStep(transcript([user(conversation)], { toolNames: [], system: 'sum up' }), [
      ...scripts,
      summary,
    ]);
    expect(choice.kind === 'step' && choice.answer.say).toMatch(/^2, RESULT\nflour/);
  });

  it('does not count a call that a fault made up, nor an empty answer', () => {
    expect(next([user('bake a cake'), called(callId(prefix, 0, false, 0)), result('no such tool')])).toBe(
      'cake 0',
    );
    expect(next([user('bake a cake'), said('')])).toBe('cake 0');
  });

  it('goes on with the turn after words that no recording knows, such as failed checks', () => {
    const played = [user('bake a cake'), called('a'), result('x'), called('b'), result('y'), said('baked')];
    expect(next([...played, user('The checks failed: 1 of 3.')])).toBe('cake 3');
    expect(next([...played, { kind: 'note', text: 'The checks failed.' }])).toBe('cake 3');
  });

  it('starts anew at the newest request that it knows', () => {
    expect(next([user('bake a cake'), called('a'), result('x'), user('no, bake bread')])).toBe('bread 0');
    expect(next([user('bake a cake'), called('a'), result('x'), user('bake a cake')])).toBe('cake 0');
  });

  it('looks only into the request where the product marks it', () => {
    const quoted = '<thread>Mira: bake bread</thread>\n<request from="Jonas">please Bake a\n  cake</request>';
    expect(next([user(quoted)])).toBe('cake 0');
    expect(next([user(quoted.replace('Bake', 'eat'))])).toBe('unknown');
    const failed = [
      user('<request from="J">bake a cake</request>'),
      said('one'),
      user('<checks>bake bread: failed</checks>'),
    ];
    expect(next(failed)).toBe('cake 1');
  });

  it('does not continue an ended turn for a marked request that it does not know', () => {
    const ended = [user('<request>bake a cake</request>'), called('a'), result('x'), said('baked')];
    expect(next([...ended, user('<request>paint it</request>')])).toBe('unknown');
  });

  it('takes an unknown marked request in the middle of a turn as words to that turn', () => {
    const asked = [user('<request>bake a cake</request>'), called('a'), result('Which flour?')];
    expect(next([...asked, user('<request>rye</request>')])).toBe('cake 1');
  });

  it('answers requests without tools from judge recordings only, by their instructions', () => {
    const bare = { toolNames: [], system: 'You are the judge of a change.' };
    expect(next([user('bake a cake')], bare)).toBe('judge 0');
    expect(next([user('bake a cake')], { toolNames: [] })).toBe('unknown');
    expect(next([user('bake a cake')], { system: bare.system })).toBe('cake 0');
  });

  it('says so past the end of a recording', () => {
    const choice = chooseStep(transcript([user('bake bread'), said('bread'), user('hm')]), scripts);
    expect(choice).toMatchObject({ kind: 'past_end', step: 1 });
  });

  it('gives the same call ids for the same request again, and others for the same words later on', () => {
    const idsFor = (entries: Entry[]): string => {
      const choice = chooseStep(transcript(entries), scripts);
      return choice.kind === 'step' ? choice.callPrefix : 'none';
    };
    const once = [user('bake a cake')];
    expect(idsFor(once)).toBe(idsFor([...once]));
    expect(idsFor([...once, said('baked'), user('bake a cake')])).not.toBe(idsFor(once));
  });
});

describe('alternatives of a step', () => {
  const branching = parseScript(
    `
match: name it
steps:
  - tools: [{ name: ask_user, arguments: { question: How? } }]
  - either:
      - when: { last_result_matches: 'call it (?<name>\\w+)' }
        say: '{{name}} it is'
        tools: [{ name: shell, arguments: { command: 'rename {{name}}', times: 2 } }]
      - say: no name
  - say: done
`,
    'branching',
  );
  const answerTo = (...entries: Entry[]): unknown => {
    const choice = chooseStep(transcript([user('name it'), called('q'), ...entries]), [branching]);
    return choice.kind === 'step' ? choice.answer : choice;
  };

  it('plays the first one whose condition holds, with what it found filled in', () => {
    expect(answerTo(result('Please CALL IT Rosa.'))).toMatchObject({
      say: 'Rosa it is',
      tools: [{ name: 'shell', arguments: { command: 'rename Rosa', times: 2 } }],
    });
  });

  it('hears an answer that comes as a message as well', () => {
    expect(answerTo(result('The question was posted.'), user('call it Emil'))).toMatchObject({
      say: 'Emil it is',
    });
  });

  it('falls back to the last one', () => {
    expect(answerTo(result('whatever'))).toMatchObject({ say: 'no name' });
  });
});

describe('a recording with a mistake', () => {
  const refusals: [string, string, RegExp][] = [
    ['text that is not YAML', 'match: [', /cake\.yaml/],
    ['an unknown key', 'match: a\nstep: []\nsteps: [{ say: x }]', /Unrecognized key.*step/s],
    ['no steps', 'match: a\nsteps: []', /steps/],
    ['a broken pattern', 'match: "("\nsteps: [{ say: x }]', /not a regular expression.*match/s],
    [
      'a last step that calls a tool',
      'match: a\nsteps: [{ tools: [{ name: shell }] }]',
      /last step ends the turn/,
    ],
    [
      'an empty step',
      'match: a\nsteps: [{ delay_ms: 5 }, { say: x }]',
      /needs `say` or `tools`.*steps\[0\]/s,
    ],
    ['an unknown fault', 'match: a\nsteps: [{ say: x, fault: { kind: sulks } }]', /kind|fault/],
    [
      'alternatives without a default',
      'match: a\nsteps: [{ either: [{ when: { last_result_matches: b }, say: x }] }]',
      /must not have `when`/,
    ],
    ['nothing to match', 'steps: [{ say: x }]', /needs `match`/],
  ];
  it.each(refusals)('is refused with its file and place: %s', (_what, yaml, expected) => {
    expect(() => parseScript(yaml, 'cake.yaml')).toThrow(expected);
    expect(() => parseScript(yaml, 'cake.yaml')).toThrow(/^cake\.yaml: /);
  });
});

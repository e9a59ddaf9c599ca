// Options of a request, as people write them.
import { describe, expect, it } from 'vitest';
import { type AskedOptions, readOptions } from '../../bot/admission/options.ts';

const plain: AskedOptions = {
  repo: null,
  branch: null,
  model: null,
  attempts: 1,
  planFirst: false,
  readOnly: false,
  text: '',
};
const read = (said: string) => readOptions(said, ['big-1', 'big-1-mini']);

describe('an option', () => {
  it.each<[string, Partial<AskedOptions>]>([
    ['repo=API fix it', { repo: 'API', text: 'fix it' }],
    ['please repo=api fix it', { repo: 'api', text: 'please fix it' }],
    ['fix it, branch=release/2.1', { branch: 'release/2.1', text: 'fix it' }],
    ['fix it (model=big-1-mini)', { model: 'big-1-mini', text: 'fix it' }],
    ['fix it with model=nosuch.', { model: 'nosuch', text: 'fix it.' }],
    [
      'repo=a branch=b model=c ×3 fix it',
      { repo: 'a', branch: 'b', model: 'c', attempts: 3, text: 'fix it' },
    ],
    ['plan first: fix it', { planFirst: true, text: 'fix it' }],
    ['Fix it. Plan first.', { planFirst: true, text: 'Fix it.' }],
    ['fix it, make a plan first', { planFirst: true, text: 'fix it' }],
    ['read only: why is it slow?', { readOnly: true, text: 'why is it slow?' }],
    ['why is it slow? (read-only)', { readOnly: true, text: 'why is it slow?' }],
    ['fix it on branch develop', { branch: 'develop', text: 'fix it on branch develop' }],
    ['on branch develop: fix it', { branch: 'develop', text: 'on branch develop: fix it' }],
    ['fix it with big-1-mini', { model: 'big-1-mini', text: 'fix it with big-1-mini' }],
    ['use big-1 and fix it', { model: 'big-1', text: 'use big-1 and fix it' }],
    ['repo=api', { repo: 'api', text: '' }],
  ])('is read from %j', (said, expected) => {
    expect(read(said)).toEqual({ ...plain, ...expected });
  });

  it.each([
    'set `model=nosuch` in the file',
    '```\nrepo=api\n```\nfix that line',
    '> branch=main\nwhat does that do?',
    'see https://x.example/?a=1 and fix it',
    'open https://x.example/ repo',
    'make the field read only',
    'keep the plan first in the list',
    'the tests on branch protection fail',
    'use bigger fonts',
    'xmodel=2 is wrong',
  ])('is not in %j', (said) => {
    expect(read(said)).toEqual({ ...plain, text: said });
  });
});

// The patch format: what is found, what is kept, what is refused.
import { describe, expect, it } from 'vitest';
import { parsePatch } from '../../../worker/agent/tools/patch-format.ts';
import { patchText } from '../../../worker/agent/tools/patch-text.ts';
import { callTool, nextKey, outputOf, useTestSandbox } from './sandbox.ts';

const wrap = (...lines: readonly string[]): string =>
  ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');

function patched(text: string, ...hunkLines: readonly string[]): string {
  const parsed = parsePatch(wrap('*** Update File: f', ...hunkLines));
  if ('refusal' in parsed) return parsed.refusal;
  const [file] = parsed.files;
  if (file?.kind !== 'update') return 'not an update';
  const result = patchText(text, file.hunks, 'f');
  return 'text' in result ? result.text : result.refusal;
}

describe('a hunk', () => {
  const text = 'class A {\n  go() {\n    return 1;\n  }\n}\nclass B {\n  go() {\n    return 1;\n  }\n}\n';

  it('is found by its context', () => {
    expect(patched('a\nb\nc\n', '@@', ' a', '-b', '+B', '+B2', ' c')).toBe('a\nB\nB2\nc\n');
  });

  it('is looked for behind its anchors', () => {
    const changed = patched(text, '@@ class B {', '@@   go() {', '-    return 1;', '+    return 2;');
    expect(changed).toBe(text.replace(/(class B[\s\S]*)return 1/, '$1return 2'));
  });

  it('comes after the hunk before it', () => {
    const changed = patched(
      text,
      '@@',
      '-    return 1;',
      '+    return 3;',
      '@@',
      '-    return 1;',
      '+    return 4;',
    );
    expect(changed).toBe(text.replace('return 1', 'return 3').replace('return 1', 'return 4'));
  });

  it('at the end of the file is not mistaken for an earlier place', () => {
    const changed = patched('x\ny\nx\n', '@@', '-x', '+z', '*** End of File');
    expect(changed).toBe('x\ny\nz\n');
  });

  it('without old lines is put behind its anchor, or at the end', () => {
    expect(patched('a\nb\n', '@@ a', '+new')).toBe('a\nnew\nb\n');
    expect(patched('a\nb', '@@', '+new')).toBe('a\nb\nnew');
    expect(patched('', '@@', '+new')).toBe('new\n');
  });

  it('that nearly quotes the file is found, and what stays keeps its bytes', () => {
    expect(patched('\ta  \n\tb\n', '@@', ' a', '-b', '+\tB')).toBe('\ta  \n\tB\n');
    expect(patched('a\r\nb\r\nc\r\n', '@@', ' a', '-b', '+B')).toBe('a\r\nB\r\nc\r\n');
    expect(patched('a\n\nb\n', '@@', ' a', '', '-b', '+B')).toBe('a\n\nB\n');
  });

  it('that is not there is refused with what was looked for', () => {
    expect(patched('a\n', '@@', ' a', '@@', '-nowhere', '+x')).toMatch(/Hunk 2 of f was not found.*nowhere/);
    expect(patched('a\n', '@@ class X', '+x')).toMatch(/class X/);
  });
});

describe('a patch that is not well-formed', () => {
  it.each([
    ['nothing around it', '*** Add File: a\n+x', /must begin with/],
    ['no end', '*** Begin Patch\n*** Add File: a\n+x', /must end with/],
    ['no file', wrap(), /names no file/],
    ['an unknown section', wrap('*** Copy File: a'), /Line 2/],
    ['a new file without plus', wrap('*** Add File: a', '+x', 'y'), /Line 4 .*must begin with \+/],
    ['a line of no kind', wrap('*** Update File: a', '@@', 'return 1'), /Line 4 .*space, \+ or -/],
    ['an update that changes nothing', wrap('*** Update File: a'), /changes nothing/],
  ])('is refused for %s', (_, patch, reason) => {
    expect(parsePatch(patch)).toMatchObject({ refusal: expect.stringMatching(reason) });
  });
});

describe('apply_patch', () => {
  const test = useTestSandbox('patch');
  const apply = async (patch: string, changes = {}): Promise<string> =>
    outputOf(await callTool(test, 'apply_patch', { patch }, changes));

  it('adds, changes, moves and deletes, and keeps modes', async () => {
    await test.look('printf "a\\nb\\n" > one; chmod 755 one; echo x > two; echo y > three');
    const patch = wrap(
      '*** Add File: new/four.txt',
      '+first',
      '+second',
      '*** Update File: one',
      '*** Move to: moved/one.sh',
      '@@',
      ' a',
      '-b',
      '+B',
      '*** Update File: three',
      '@@',
      '-y',
      '+Y',
      '*** Delete File: two',
    );
    expect(await apply(patch)).toBe(
      'Done: made new/four.txt; moved one to moved/one.sh; changed three; deleted two.',
    );
    const files = 'find . -type f | sort; cat moved/one.sh new/four.txt three; stat -c %a moved/one.sh';
    expect(await test.look(files)).toBe(
      './moved/one.sh\n./new/four.txt\n./three\na\nB\nfirst\nsecond\nY\n755',
    );
  });

  it('changes nothing where one part does not fit', async () => {
    await test.look('echo keep > five');
    const patch = wrap('*** Add File: six', '+x', '*** Update File: five', '@@', '-gone', '+x');
    expect(await apply(patch)).toMatch(/Hunk 1 of five was not found/);
    expect(await test.look('ls six; cat five')).toMatch(/cannot access 'six'[\s\S]*keep/);
    expect(await apply(wrap('*** Add File: five', '+x'))).toMatch(/already exists/);
    expect(await apply(wrap('*** Delete File: nowhere'))).toMatch(/no file nowhere/);
    expect(await apply(wrap('*** Delete File: five', '*** Add File: ./five', '+x'))).toMatch(/once/);
  });

  it('is applied once, also when it is repeated', async () => {
    await test.look('echo 1 > seven');
    const callKey = `patch-${nextKey()}`;
    const patch = wrap('*** Update File: seven', '@@', '-1', '+1', '+1');
    const told = await apply(patch, { callKey });
    expect(await apply(patch, { callKey, resumed: true })).toBe(told);
    expect(await test.look('cat seven')).toBe('1\n1');
  });
});

// The agent's tools in a real sandbox.
import { describe, expect, it } from 'vitest';
import { dyingAt, dyingSandbox } from './dying.ts';
import { callTool, nextKey, outputOf, useTestSandbox } from './sandbox.ts';

const test = useTestSandbox('tools');

const shell = async (command: string, more: object = {}, changes = {}): Promise<string> =>
  outputOf(await callTool(test, 'shell', { command, ...more }, changes));
const put = (path: string, text: string): Promise<void> =>
  test.sandbox.write(`/work/repo/${path}`, new TextEncoder().encode(text));
const edit = async (path: string, oldText: string, newText: string, changes = {}): Promise<string> =>
  outputOf(await callTool(test, 'edit_file', { path, old_text: oldText, new_text: newText }, changes));

describe('shell', () => {
  it('starts in the repo and says how the command ended', async () => {
    expect(await shell('pwd')).toBe('Exit code 0.\n/work/repo');
    expect(await shell('echo out; echo err >&2; false')).toBe('Exit code 1.\nout\nerr');
    expect(await shell('true')).toBe('Exit code 0.\n(no output)');
    expect(await shell('if then')).toMatch(/^Exit code [12]\.\n.*syntax error/);
  });

  it('keeps working directory and environment from call to call, also after exit', async () => {
    await shell('mkdir -p "a b/c" && cd "a b/c" && export GREETING=$\'hello\\nthere\' && exit 3');
    expect(await shell('pwd; echo "$GREETING"; env | grep -c GREETING')).toBe(
      'Exit code 0.\n/work/repo/a b/c\nhello\nthere\n1',
    );
    await shell('unset GREETING; cd /work/repo; rm -r "a b"');
    expect(await shell('pwd; echo "[$GREETING]"')).toBe('Exit code 0.\n/work/repo\n[]');
  });

  it('goes back to the repo where its directory is gone', async () => {
    await shell('mkdir gone && cd gone');
    await test.look('rmdir /work/repo/gone');
    expect(await shell('pwd')).toBe('Exit code 0.\n/work/repo');
  });

  it('takes quotes, here-documents and long lines as they are', async () => {
    expect(await shell('cat <<\'E\'\n$x `y` "z" \\\nE')).toBe('Exit code 0.\n$x `y` "z" \\');
    expect(await shell(`x='${'y'.repeat(200_000)}'; echo \${#x}`)).toBe('Exit code 0.\n200000');
  });

  it('gives commands that wait for input none', async () => {
    expect(await shell('read line; echo "got [$line]"')).toBe('Exit code 0.\ngot []');
  });

  it('runs a call once, also when it is repeated', async () => {
    const changes = { callKey: `once-${nextKey()}` };
    const first = await shell('echo x >> once.txt; wc -l < once.txt', {}, changes);
    const second = await shell('echo x >> once.txt; wc -l < once.txt', {}, { ...changes, resumed: true });
    expect([first, second]).toEqual(['Exit code 0.\n1', 'Exit code 0.\n1']);
    expect(await test.look('wc -l < once.txt')).toBe('1');
  });

  it('kills what takes too long, with what it started', async () => {
    const startedAt = performance.now();
    const output = await shell('sleep 61 & sleep 61', { timeout_seconds: 1 });
    expect(output).toMatch(/^Timed out after 1 s and was killed\./);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    await expect.poll(() => test.look('pgrep -fc "^sleep 61" || true'), { timeout: 30_000 }).toBe('0');
  });

  it('ends a command at once when the turn is stopped', async () => {
    const abort = new AbortController();
    const running = shell('sleep 62', {}, { signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    await expect(running).rejects.toMatchObject({ code: 'stopped' });
    await expect.poll(() => test.look('pgrep -fc "^sleep 62" || true'), { timeout: 30_000 }).toBe('0');
  });

  it('cuts 300 KB of output in the middle and names the file that read_file can page', async () => {
    const output = await shell('for i in $(seq 1 30000); do echo "line $i"; done');
    expect(output.length).toBeLessThan(18_000);
    expect(output).toContain('line 1\n');
    expect(output).toContain('line 30000');
    const path = /whole output is in (\S+), which/.exec(output)?.[1];
    const page = outputOf(await callTool(test, 'read_file', { path, start_line: 15_000, end_line: 15_001 }));
    expect(page).toBe('15000\tline 15000\n15001\tline 15001');
  });

  it('shows output without colours, overwritten lines and control characters', async () => {
    expect(await shell("printf '\\e[31mred\\e[0m 10%%\\r100%%\\n\\0\\x07end\\r\\n'")).toBe(
      'Exit code 0.\n100%\nend',
    );
  });

  it('runs servers in the background, readable and stoppable', async () => {
    const started = await shell('echo "up"; exec python3 -m http.server 4567', { background: true });
    const [, log, stop] = /output is in (\S+)\. To stop it: (.+)$/.exec(started) ?? [];
    expect(
      await shell(
        'curl -s -o /dev/null -w "%{http_code}" --retry 20 --retry-connrefused --retry-delay 1 localhost:4567/',
      ),
    ).toBe('Exit code 0.\n200');
    expect(outputOf(await callTool(test, 'read_file', { path: log }))).toContain('1\tup');
    await shell(stop ?? 'false');
    const gone = 'for try in $(seq 300); do curl -s -o /dev/null localhost:4567/ || break; sleep 0.1; done';
    expect(await shell(`${gone}; curl -s localhost:4567/`)).toMatch(/^Exit code 7/);
  });

  it('does not take a background process that never began for one that runs', async () => {
    const background = '/work/agent/background';
    await shell(`mv ${background} ${background}.away; touch ${background}`);
    expect(await shell('sleep 600', { background: true })).toMatch(/^It did not begin within 15 s\./);
    await shell(`rm ${background}; [ ! -e ${background}.away ] || mv ${background}.away ${background}`);
  });

  it('says at once when a background process ended at once', async () => {
    expect(await shell('echo no; exit 4', { background: true })).toBe('It ended at once. Exit code 4.\nno');
  });
});

describe('read_file', () => {
  const read = async (input: object): Promise<string> => outputOf(await callTool(test, 'read_file', input));

  it('numbers lines and reads ranges', async () => {
    await put('three.txt', 'one\ntwo\nthree\n');
    expect(await read({ path: 'three.txt' })).toBe('1\tone\n2\ttwo\n3\tthree');
    expect(await read({ path: '/work/repo/three.txt', start_line: 2, end_line: 9 })).toBe('2\ttwo\n3\tthree');
    expect(await read({ path: 'three.txt', start_line: 7 })).toBe('(the file has only 3 lines)');
    await put('empty.txt', '');
    expect(await read({ path: 'empty.txt' })).toBe('(the file is empty)');
  });

  it('says where to go on in a long file, and shortens long lines', async () => {
    await put('long.txt', Array.from({ length: 3000 }, (_, index) => `line ${index + 1}`).join('\n'));
    const output = await read({ path: 'long.txt' });
    const next = Number(/go on with start_line (\d+)/.exec(output)?.[1]);
    expect(await read({ path: 'long.txt', start_line: next, end_line: next })).toBe(`${next}\tline ${next}`);
    await put('wide.txt', 'w'.repeat(100_000));
    expect((await read({ path: 'wide.txt' })).length).toBeLessThan(1200);
  });

  it('shows pictures as pictures and refuses other binary files', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    await test.sandbox.write('/work/repo/dot.png', png);
    const outcome = await callTool(test, 'read_file', { path: 'dot.png' });
    expect(outcome).toMatchObject({ ok: true, imageArtifactIds: [expect.any(String)] });
    await test.sandbox.write('/work/repo/blob', Buffer.from([1, 2, 0, 3]));
    expect(await read({ path: 'blob' })).toBe('blob is a binary file of 4 bytes.');
  });
});

describe('edit_file', () => {
  it('replaces what is there once and keeps the rest to the byte, the mode too', async () => {
    await put('run.sh', '\ufeff#!/bin/sh\r\necho one\r\necho two\r\n');
    await test.look('chmod 755 run.sh');
    expect(await edit('run.sh', 'echo one\necho two', 'echo 1\necho 2\necho 3')).toBe(
      'Edited run.sh at line 2 (2 → 3 lines).',
    );
    expect(await test.look('od -c run.sh | head -2; stat -c %a run.sh')).toMatch(/357 273 277.*755$/s);
    expect(await test.look("grep -c $'\\r' run.sh")).toBe('4');
  });

  it('makes new files with their folders and does not overwrite others', async () => {
    expect(await edit('deep/er/new.txt', '', 'a\nb\n')).toBe('Made deep/er/new.txt with 2 lines.');
    expect(await test.look('cat deep/er/new.txt')).toBe('a\nb');
    expect(await edit('deep/er/new.txt', '', 'x')).toMatch(/already exists/);
  });

  it('says why not, and how', async () => {
    await put('twice.txt', 'same\nother\nsame\n  indented\n    words\n');
    expect(await edit('twice.txt', 'same', 'x')).toMatch(/2 times, at lines 1, 3\. Add lines/);
    expect(await edit('twice.txt', 'indented\nwords', 'x')).toMatch(/at lines 4-5 with other white space/);
    expect(await edit('twice.txt', 'nothing like it', 'x')).toMatch(/Read the file/);
    expect(await edit('nowhere.txt', 'a', 'b')).toMatch(/There is no file/);
    expect(await edit('bad\nname', '', 'b')).toMatch(/without control characters/);
  });

  it('does not apply an edit twice that was applied before the worker died', async () => {
    await put('grow.txt', 'a\n');
    const callKey = `grow-${nextKey()}`;
    const first = await edit('grow.txt', 'a', 'aa', { callKey });
    const again = await edit('grow.txt', 'a', 'aa', { callKey, resumed: true });
    expect(again).toBe(first);
    expect(await test.look('cat grow.txt')).toBe('aa');
  });

  it.each([1, 2, 3, 4])('finishes an edit whose worker died at its step %i in the sandbox', async (dies) => {
    const path = `step-${dies}.txt`;
    await put(path, 'a\n');
    const callKey = `dies-${nextKey()}`;
    // Behind the step: its answer never arrives.
    const dying = dyingSandbox(test.sandbox, dyingAt(2 * dies - 1));
    await edit(path, 'a', 'aa', { callKey, sandbox: dying }).catch(() => undefined);
    expect(await edit(path, 'a', 'aa', { callKey, resumed: true })).toMatch(/^Edited/);
    expect(await test.look(`cat ${path}`)).toBe('aa');
  });
});

describe('search', () => {
  const search = async (input: object): Promise<string> => outputOf(await callTool(test, 'search', input));

  it('finds lines in one order and narrows by path and glob', async () => {
    await put('s/b.ts', 'needle two\n');
    await put('s/a.ts', 'x\nneedle one\n');
    await put('s/a.md', 'needle text\n');
    expect(await search({ pattern: 'ne+dle', path: 's' })).toBe(
      's/a.md:1:needle text\ns/a.ts:2:needle one\ns/b.ts:1:needle two',
    );
    expect(await search({ pattern: 'needle', path: '/work/repo/s', glob: '*.ts' })).toBe(
      's/a.ts:2:needle one\ns/b.ts:1:needle two',
    );
    expect(await search({ pattern: '-needle', path: 's' })).toBe('Nothing found.');
    expect(await search({ pattern: '(', path: 's' })).toMatch(/regex parse error/);
  });

  it('shows the first of many lines and says that there are more', async () => {
    await put('many.txt', 'needle\n'.repeat(100_000));
    const output = await search({ pattern: 'needle', path: 'many.txt' });
    expect(output.split('\n')).toHaveLength(201);
    expect(output).toMatch(/these are the first 200 lines/);
  });
});

describe('arguments', () => {
  it('that are wrong are explained', async () => {
    expect(await shell('')).toMatch(/command/);
    expect(outputOf(await callTool(test, 'shell', '{"command": "ls'))).toMatch(/not valid JSON/);
    expect(outputOf(await callTool(test, 'shell', { cmd: 'ls' }))).toMatch(
      /It takes: command, timeout_seconds/,
    );
    expect(outputOf(await callTool(test, 'shell', { command: 5 }))).toMatch(/expected string/);
  });

  it('that are null count as left out', async () => {
    const outcome = await callTool(test, 'shell', { command: 'echo hi', timeout_seconds: null });
    expect(outputOf(outcome)).toBe('Exit code 0.\nhi');
  });
});

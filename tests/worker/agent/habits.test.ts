// Calls as models trained on other harnesses write them: understood where the meaning is plain, else refused
// with a reason. The kinds that the captured facts name come first in each table, the others were found in the
// published tool lists of the harnesses.
import { describe, expect, test } from 'vitest';
import { mendCall } from '../../../worker/agent/habits/mend-call.ts';
import { delegateTool } from '../../../worker/agent/tools/delegate.ts';
import { agentTools, prepareCall } from '../../../worker/agent/tools/registry.ts';
import { replaceText } from '../../../worker/agent/tools/replace-text.ts';

const tools = [...agentTools, delegateTool];
const specs = tools.map(({ spec }) => spec);
const PATCH = '*** Begin Patch\n*** Delete File: a.ts\n*** End Patch';

function understood(name: string, args: unknown): { readonly name: string; readonly input: unknown } {
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  const prepared = prepareCall(tools, name, text);
  if ('refusal' in prepared) throw new Error(prepared.refusal);
  expect(prepared.understood?.mended.length).toBeGreaterThan(0);
  const call = mendCall(specs, name, text);
  if (call?.kind !== 'call') throw new Error('The call is not understood.');
  return { name: call.name, input: JSON.parse(call.argumentsText) };
}

describe('names and arguments of other harnesses', () => {
  const list = { command: 'ls' };
  test.each<[string, unknown, string, unknown]>([
    ['bash', list, 'shell', list],
    [
      'exec_command',
      { cmd: 'ls', workdir: 'src dir', yield_time_ms: 1000 },
      'shell',
      { command: "cd 'src dir' && ls" },
    ],
    [
      'Bash',
      { command: 'ls', description: 'List files', timeout: 120_000 },
      'shell',
      { command: 'ls', timeout_seconds: 120 },
    ],
    [
      'shell',
      { command: ['bash', '-lc', 'npm test | tail'], timeout_ms: 90_500 },
      'shell',
      { command: 'npm test | tail', timeout_seconds: 91 },
    ],
    [
      'shell',
      { command: ['git', 'log', '--format=%h %s'] },
      'shell',
      { command: "git log '--format=%h %s'" },
    ],
    ['functions.shell', list, 'shell', list],
    ['shell<|channel|>commentary', list, 'shell', list],
    [
      'read',
      { filePath: 'a.ts', offset: 10, limit: 5 },
      'read_file',
      { path: 'a.ts', start_line: 10, end_line: 14 },
    ],
    ['Read', { file_path: 'a.ts' }, 'read_file', { path: 'a.ts' }],
    [
      'read_file',
      { path: 'a.ts', start_line: '1', end_line: '20' },
      'read_file',
      { path: 'a.ts', start_line: 1, end_line: 20 },
    ],
    ['read_file', { path: 'a.ts', start_line: 0 }, 'read_file', { path: 'a.ts', start_line: 1 }],
    [
      'Edit',
      { file_path: 'a.ts', old_string: 'x', new_string: 'y' },
      'edit_file',
      { path: 'a.ts', old_text: 'x', new_text: 'y' },
    ],
    [
      'Edit',
      { file_path: 'a.ts', old_string: 'x', new_string: 'y', replace_all: 'true' },
      'edit_file',
      { path: 'a.ts', old_text: 'x', new_text: 'y', replace_all: true },
    ],
    [
      'str_replace_editor',
      { command: 'str_replace', path: 'a.ts', old_str: 'x', new_str: 'y' },
      'edit_file',
      { path: 'a.ts', old_text: 'x', new_text: 'y' },
    ],
    [
      'str_replace_editor',
      { command: 'view', path: 'a.ts', view_range: [3, -1] },
      'read_file',
      { path: 'a.ts', start_line: 3 },
    ],
    [
      'str_replace_editor',
      { command: 'create', path: 'a.ts', file_text: 'x\n' },
      'edit_file',
      { path: 'a.ts', old_text: '', new_text: 'x\n' },
    ],
    ['grep', { query: 'cake', include: '*.ts' }, 'search', { pattern: 'cake', glob: '*.ts' }],
    [
      'Grep',
      { pattern: 'cake', output_mode: 'content', '-n': true, '-i': true },
      'search',
      { pattern: '(?i)cake' },
    ],
    [
      'update_plan',
      { plan: [{ step: 'Bake', status: 'in_progress' }], explanation: 'Because.' },
      'update_plan',
      { steps: [{ title: 'Bake', status: 'in_progress' }] },
    ],
    ['apply_patch', { input: PATCH }, 'apply_patch', { patch: PATCH }],
    ['shell', { command: 'ls', timeout_seconds: 7200 }, 'shell', { command: 'ls', timeout_seconds: 1800 }],
    // Not in the facts:
    [
      'TodoWrite',
      { todos: [{ content: 'Bake', status: 'done', activeForm: 'Baking' }] },
      'update_plan',
      { steps: [{ title: 'Bake', status: 'complete' }] },
    ],
    [
      'update_plan',
      { steps: ['Bake', 'Eat'] },
      'update_plan',
      {
        steps: [
          { title: 'Bake', status: 'pending' },
          { title: 'Eat', status: 'pending' },
        ],
      },
    ],
    [
      'Write',
      { file_path: 'b.ts', content: 'x\n' },
      'edit_file',
      { path: 'b.ts', old_text: '', new_text: 'x\n' },
    ],
    [
      'MultiEdit',
      { file_path: 'a.ts', edits: [{ old_string: 'x', new_string: 'y' }] },
      'edit_file',
      { path: 'a.ts', old_text: 'x', new_text: 'y' },
    ],
    ['LS', { path: 'src' }, 'shell', { command: 'ls -la -- src' }],
    ['list_dir', { target_directory: "Ann's" }, 'shell', { command: "ls -la -- 'Ann'\\''s'" }],
    [
      'Glob',
      { pattern: '**/*.ts' },
      'shell',
      { command: "rg --files --hidden --glob '!.git' --glob '**/*.ts' -- . | sort | head -n 500" },
    ],
    [
      'run_shell_command',
      { command: 'npm start', is_background: true },
      'shell',
      { command: 'npm start', background: true },
    ],
    [
      'run_terminal_cmd',
      { command: 'ls', is_background: 'False' },
      'shell',
      { command: 'ls', background: false },
    ],
    ['container.exec', { cmd: ['/bin/sh', '-c', 'ls'] }, 'shell', list],
    ['default_api.read_file', { absolute_path: '/work/repo/a.ts' }, 'read_file', { path: '/work/repo/a.ts' }],
    ['ReadFile', { paths: ['a.ts'] }, 'read_file', { path: 'a.ts' }],
    [
      'search_file_content',
      { pattern: 'x', dir_path: 'src', case_sensitive: false },
      'search',
      { pattern: '(?i)x', path: 'src' },
    ],
    [
      'replace',
      { file_path: 'a.ts', old_string: 'x', new_string: 'y' },
      'edit_file',
      { path: 'a.ts', old_text: 'x', new_text: 'y' },
    ],
    [
      'AskUserQuestion',
      {
        questions: [
          {
            question: 'Which?',
            header: 'Q',
            multiSelect: false,
            options: [{ label: 'A', description: 'a' }, { label: 'B' }],
          },
        ],
      },
      'ask_user',
      { question: 'Which?', options: ['A', 'B'] },
    ],
    [
      'ask_followup_question',
      { question: 'Which?', follow_up: [{ text: 'A' }, { text: 'B' }] },
      'ask_user',
      { question: 'Which?', options: ['A', 'B'] },
    ],
    [
      'Task',
      { description: 'Look', prompt: 'Find cakes.', subagent_type: 'general' },
      'delegate',
      { task: 'Find cakes.' },
    ],
    ['ApplyPatch', { patch: PATCH }, 'apply_patch', { patch: PATCH }],
    ['shell', { command: 'ls', workdir: '.', justification: 'To see.' }, 'shell', { command: 'cd . && ls' }],
  ])('%s %j', (name, args, expected, input) => {
    expect(understood(name, args)).toEqual({ name: expected, input });
  });
});

describe('arguments that are not quite JSON', () => {
  const ls = { name: 'shell', input: { command: 'ls' } };
  test.each([
    ['a missing brace', '{"command":"ls"', ls],
    ['a doubled brace', '{"command":"ls"}}', ls],
    ['a trailing comma', '{"command":"ls",}', ls],
    ['a fence', '```json\n{"command":"ls"}\n```', ls],
    ['JSON in a string', JSON.stringify('{"command":"ls","description":"x"}'), ls],
    [
      'Python’s words',
      "{'command': 'ls', 'background': False}",
      { name: 'shell', input: { command: 'ls', background: false } },
    ],
    ['line breaks in a string', '{"command":"ls\necho"}', { name: 'shell', input: { command: 'ls\necho' } }],
    ['a missing bracket', '{"command":["ls","-a"}', { name: 'shell', input: { command: 'ls -a' } }],
  ])('%s', (_what, args, expected) => {
    expect(understood('shell', args)).toEqual(expected);
  });

  test.each([
    ['cut off within a string', '{"command":"rm -rf build'],
    ['cut off within a path', '{"command":"cp a b", "workdir":"/tm'],
    ['cut off after a key', '{"path":"rows.txt","start_line"'],
    ['cut off after a pair', '{"task":"look",'],
    ['cut off within a number', '{"command":"ls","timeout_seconds":1'],
    ['cut off within a word', '{"command":"ls","background":tru'],
    ['two objects', '{"command":"ls"} {"command":"rm x"}'],
    ['no object', 'ls -la'],
    ['a list', '["ls"]'],
  ])('is refused: %s', (_what, args) => {
    expect(prepareCall(tools, 'shell', args)).toHaveProperty('refusal');
  });
});

describe('a patch with something around it', () => {
  const patch = { name: 'apply_patch', input: { patch: PATCH } };
  test.each([
    ['by itself', 'apply_patch', PATCH],
    ['in a heredoc', 'apply_patch', { patch: `<<'EOF'\n${PATCH}\nEOF` }],
    ['in a heredoc of its command', 'apply_patch', { input: `apply_patch <<"PATCH"\n${PATCH}\nPATCH` }],
    ['in a fence', 'apply_patch', { patch: `\`\`\`diff\n${PATCH}\n\`\`\`` }],
    ['with words before it', 'apply_patch', { patch: `Here it is:\n${PATCH}\n` }],
    ['as a command’s arguments', 'apply_patch', { input: ['apply_patch', PATCH] }],
    ['in the shell', 'shell', { command: `apply_patch <<'EOF'\n${PATCH}\nEOF` }],
    [
      'in the shell, in the repo',
      'exec_command',
      { cmd: `cd /work/repo && apply_patch <<'EOF'\n${PATCH}\nEOF\n` },
    ],
    ['as arguments of the shell', 'shell', { command: ['apply_patch', PATCH] }],
    ['in a shell of the shell', 'shell', { command: ['bash', '-lc', `applypatch <<-EOF\n${PATCH}\nEOF`] }],
  ])('%s', (_where, name, args) => {
    expect(understood(name, args)).toEqual(patch);
  });

  test.each([
    ['in another folder', `cd src && apply_patch <<'EOF'\n${PATCH}\nEOF`],
    ['with another command behind it', `apply_patch <<'EOF'\n${PATCH}\nEOF\nnpm test`],
    ['that is only named', 'grep -r apply_patch .'],
  ])('stays a command of the shell: %s', (_what, command) => {
    expect(prepareCall(tools, 'shell', JSON.stringify({ command }))).toMatchObject({
      summary: expect.stringContaining('Run '),
    });
    expect(prepareCall(tools, 'shell', JSON.stringify({ command }))).not.toHaveProperty('understood');
  });
});

describe('what could mean two things is refused with a reason', () => {
  test.each<[string, unknown, RegExp]>([
    ['no_such_tool', {}, /There is no tool "no_such_tool"/],
    ['finish', { message: 'Done.' }, /answer with text/],
    ['attempt_completion', { result: 'Done.' }, /answer with text/],
    ['str_replace_editor', { command: 'insert', path: 'a.ts', insert_line: 3, new_str: 'x' }, /Here that is/],
    ['str_replace_editor', { command: 'undo_edit', path: 'a.ts' }, /Here that is/],
    [
      'MultiEdit',
      {
        file_path: 'a.ts',
        edits: [
          { old_string: 'a', new_string: 'b' },
          { old_string: 'c', new_string: 'd' },
        ],
      },
      /Here that is/,
    ],
    ['AskUserQuestion', { questions: [{ question: 'A?' }, { question: 'B?' }] }, /Here that is/],
    ['shell', { command: 'rm -r build', dry_run: true }, /dry_run/],
    ['shell', { cmd: 'ls', script: 'rm x' }, /script/],
    ['read_file', { path: 'a.ts', start_line: 'ten' }, /start_line/],
    ['read_file', { paths: ['a.ts', 'b.ts'] }, /path/],
    ['edit_file', { path: 'a.ts', old_text: 'x' }, /new_text/],
    ['update_plan', { steps: [{ title: 'Bake', status: 'perhaps' }] }, /status/],
    ['browser', { action: 'hover', selector: 'a' }, /action/],
  ])('%s %j', (name, args, reason) => {
    expect(prepareCall(tools, name, JSON.stringify(args))).toMatchObject({
      refusal: expect.stringMatching(reason),
    });
  });
});

describe('a call that is right', () => {
  test.each([
    ['shell', { command: 'ls', timeout_seconds: 5 }],
    ['read_file', { path: 'a.ts' }],
    ['edit_file', { path: 'a.ts', old_text: 'x', new_text: 'y' }],
    ['apply_patch', { patch: PATCH }],
    ['search', { pattern: 'x' }],
  ])('%s stays as it is', (name, args) => {
    const prepared = prepareCall(tools, name, JSON.stringify(args));
    expect(prepared).not.toHaveProperty('refusal');
    expect(prepared).not.toHaveProperty('understood');
  });
});

describe('a passage to replace', () => {
  test('is found where the file has typographic quotes and dashes, or the passage has', () => {
    expect(replaceText('say “hi” – now\n', 'say "hi" - now', 'say hello', 'a')).toMatchObject({
      text: 'say hello\n',
    });
    expect(replaceText("it's 5\u00a0%\nb", 'it’s 5 %', 'it is 6 %', 'a')).toMatchObject({
      text: 'it is 6 %\nb',
    });
  });

  test('is replaced everywhere where that is asked for, and counted', () => {
    expect(replaceText('a b a b', 'a', 'c', 'f', 'all')).toMatchObject({ text: 'c b c b', count: 2 });
    expect(replaceText('a\r\nb\r\na\r\nb\r\n', 'a\nb', 'c\nd', 'f', 'all')).toMatchObject({
      text: 'c\r\nd\r\nc\r\nd\r\n',
      count: 2,
    });
    expect(replaceText('aaa', 'aa', 'b', 'f')).toHaveProperty('refusal');
  });
});

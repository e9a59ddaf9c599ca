// Arguments under which other harnesses take what our tools take, and keys that mean nothing to us.

/** For each tool of ours, our key for each foreign one. */
export const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shell: {
    cmd: 'command',
    commands: 'command',
    script: 'command',
    command_line: 'command',
    commandLine: 'command',
    run_in_background: 'background',
    is_background: 'background',
    isBackground: 'background',
  },
  read_file: { ...paths(), offset: 'start_line', line_start: 'start_line', line_end: 'end_line' },
  edit_file: {
    ...paths(),
    old_string: 'old_text',
    old_str: 'old_text',
    oldString: 'old_text',
    oldText: 'old_text',
    new_string: 'new_text',
    new_str: 'new_text',
    newString: 'new_text',
    newText: 'new_text',
    replaceAll: 'replace_all',
  },
  apply_patch: { input: 'patch', diff: 'patch', patch_text: 'patch', patchText: 'patch', content: 'patch' },
  search: {
    query: 'pattern',
    regex: 'pattern',
    q: 'pattern',
    search_term: 'pattern',
    directory: 'path',
    dir: 'path',
    dir_path: 'path',
    include: 'glob',
    include_pattern: 'glob',
    includePattern: 'glob',
    file_pattern: 'glob',
    glob_pattern: 'glob',
  },
  update_plan: { plan: 'steps', todos: 'steps', items: 'steps' },
  ask_user: {
    prompt: 'question',
    text: 'question',
    message: 'question',
    follow_up: 'options',
    choices: 'options',
  },
  delegate: { prompt: 'task', message: 'task', readonly: 'read_only', readOnly: 'read_only' },
  artifact: { ...paths(), name: 'title', description: 'title' },
};

/**
 * Keys of which the call means the same without them: reasons for people, and settings of views that we do not
 * have. A key that is neither ours nor one of these keeps the call from being run.
 */
export const IDLE_KEYS: ReadonlySet<string> = new Set([
  'description',
  'explanation',
  'justification',
  'reason',
  'reasoning',
  'thought',
  'rationale',
  'yield_time_ms',
  'max_output_tokens',
  'max_output_length',
  'with_escalated_permissions',
  'sandbox_permissions',
  'requires_approval',
  'is_safe',
  'security_risk',
  'should_read_entire_file',
  'detail',
  'output_mode',
  'head_limit',
  'max_results',
  'show_line_numbers',
  'recursive',
  'merge',
  'subagent_type',
  'agent_type',
  'model',
  'tty',
  'login',
  '-n',
]);

function paths(): Readonly<Record<string, string>> {
  const names = ['file_path', 'filePath', 'filepath', 'file', 'filename', 'target_file', 'absolute_path'];
  return Object.fromEntries(names.map((name) => [name, 'path']));
}

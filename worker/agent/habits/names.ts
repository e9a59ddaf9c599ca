// Names under which other harnesses offer the tools that we have, so that a model trained on one of them loses
// no step. Sources: Claude Code, Codex, Gemini CLI, opencode, Cline, Cursor, SWE-agent, OpenHands, Anthropic's and
// OpenAI's own tool types.

/** Our tool for each foreign name, in snake case. */
const ALIASES: Readonly<Record<string, string>> = {
  bash: 'shell',
  sh: 'shell',
  exec: 'shell',
  exec_command: 'shell',
  shell_command: 'shell',
  local_shell: 'shell',
  container_exec: 'shell',
  execute_bash: 'shell',
  execute_command: 'shell',
  run_command: 'shell',
  run_shell_command: 'shell',
  run_terminal_cmd: 'shell',
  run_in_terminal: 'shell',
  terminal: 'shell',
  read: 'read_file',
  view: 'read_file',
  view_file: 'read_file',
  open_file: 'read_file',
  cat: 'read_file',
  view_image: 'read_file',
  edit: 'edit_file',
  str_replace: 'edit_file',
  search_replace: 'edit_file',
  replace: 'edit_file',
  replace_in_file: 'edit_file',
  write: 'edit_file',
  write_file: 'edit_file',
  create_file: 'edit_file',
  write_to_file: 'edit_file',
  str_replace_editor: 'edit_file',
  str_replace_based_edit_tool: 'edit_file',
  multi_edit: 'edit_file',
  multiedit: 'edit_file',
  applypatch: 'apply_patch',
  patch: 'apply_patch',
  grep: 'search',
  grep_search: 'search',
  search_files: 'search',
  search_file_content: 'search',
  ripgrep: 'search',
  rg: 'search',
  ls: 'list_files',
  list: 'list_files',
  list_dir: 'list_files',
  list_directory: 'list_files',
  list_files: 'list_files',
  glob: 'find_files',
  file_search: 'find_files',
  find_files: 'find_files',
  todo_write: 'update_plan',
  todowrite: 'update_plan',
  write_todos: 'update_plan',
  update_todos: 'update_plan',
  update_todo_list: 'update_plan',
  ask: 'ask_user',
  ask_user_question: 'ask_user',
  ask_followup_question: 'ask_user',
  question: 'ask_user',
  task: 'delegate',
  agent: 'delegate',
  spawn_agent: 'delegate',
};

/** Tools by which other harnesses end their work. */
const ENDINGS = new Set([
  'finish',
  'attempt_completion',
  'complete_task',
  'task_complete',
  'final_answer',
  'submit',
]);
export const ENDING_REFUSAL =
  'Nothing has to be called to finish: answer with text and no call, and your work is verified.';

/**
 * The name of ours that is meant, or of a foreign tool that ours can stand in for (`list_files`, `find_files`,
 * `finish`); null where it is none of them. `known` are the names that exist.
 */
export function meantName(name: string, known: readonly string[]): string | null {
  const bare = name
    // Harmony's channels and namespaces, as they leak into names: `functions.shell<|channel|>commentary`.
    .replace(/<\|.*$/s, '')
    .trim()
    .replace(/^(?:functions|default_api|tools|multi_tool_use|container)[.:]+(?=\w)/, (prefix) =>
      prefix.startsWith('container') ? 'container_' : '',
    );
  if (known.includes(bare)) return bare;
  const snake = bare
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/[-. ]/g, '_')
    .toLowerCase();
  if (known.includes(snake)) return snake;
  if (ENDINGS.has(snake)) return 'finish';
  return Object.hasOwn(ALIASES, snake) ? (ALIASES[snake] ?? null) : null;
}

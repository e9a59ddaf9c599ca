// Recognises the names under which other harnesses offer the tools that we have, so that a model trained on one of
// them loses no step. Sources: Claude Code, Codex, Gemini CLI, opencode, Cline, Cursor, SWE-agent, OpenHands, Anthropic's and
// OpenAI's own tool types.
import { byWord, wordsOf } from './words.ts';

/** For each tool of ours the foreign names in snake case. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  shell: `bash sh exec exec_command shell_command local_shell container_exec execute_bash
    execute_command run_command run_shell_command run_terminal_cmd run_in_terminal terminal`,
  read_file: 'read view view_file open_file cat view_image',
  edit_file: `edit str_replace search_replace replace replace_in_file write write_file create_file
    write_to_file str_replace_editor str_replace_based_edit_tool multi_edit multiedit`,
  apply_patch: 'applypatch patch',
  search: 'grep grep_search search_files search_file_content ripgrep rg',
  list_files: 'ls list list_dir list_directory list_files',
  find_files: 'glob file_search find_files',
  update_plan: 'todo_write todowrite write_todos update_todos update_todo_list',
  ask_user: 'ask ask_user_question ask_followup_question question',
  delegate: 'task agent spawn_agent',
};
const ALIASES = byWord(FOREIGN_NAMES);

/** Tools by which other harnesses end their work. */
const ENDINGS = new Set(wordsOf('finish attempt_completion complete_task task_complete final_answer submit'));
export const ENDING_REFUSAL =
  'Nothing has to be called to finish: answer with text and no call, and your work is verified.';

/**
 * The name of ours that is meant, or of a foreign tool that ours can replace (`list_files`, `find_files`,
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
  return ALIASES.get(snake) ?? null;
}

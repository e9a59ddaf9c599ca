// Arguments under which other harnesses take what our tools take, and keys that mean nothing to us.
import { byWord, wordsOf } from './words.ts';

const PATHS = 'file_path filePath filepath file filename target_file absolute_path';

/** For each tool of ours, our key for each foreign one. */
export const KEYS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    shell: byWord({
      command: 'cmd commands script command_line commandLine',
      background: 'run_in_background is_background isBackground',
    }),
    read_file: byWord({
      path: PATHS,
      start_line: 'offset line_start',
      end_line: 'line_end',
    }),
    edit_file: byWord({
      path: PATHS,
      old_text: 'old_string old_str oldString oldText',
      new_text: 'new_string new_str newString newText',
      replace_all: 'replaceAll',
    }),
    apply_patch: byWord({
      patch: 'input diff patch_text patchText content',
    }),
    search: byWord({
      pattern: 'query regex q search_term',
      path: 'directory dir dir_path',
      glob: 'include include_pattern includePattern file_pattern glob_pattern',
    }),
    update_plan: byWord({
      steps: 'plan todos items',
    }),
    ask_user: byWord({
      question: 'prompt text message',
      options: 'follow_up choices',
    }),
    delegate: byWord({
      task: 'prompt message',
      read_only: 'readonly readOnly',
    }),
    artifact: byWord({
      path: PATHS,
      title: 'name description',
    }),
  }),
);

/**
 * Keys of which the call means the same without them: reasons for people, and settings of views that we do not
 * have. A key that is neither ours nor one of these keeps the call from being run.
 */
export const IDLE_KEYS: ReadonlySet<string> = new Set(
  wordsOf(`description explanation justification reason reasoning thought rationale yield_time_ms
  max_output_tokens max_output_length with_escalated_permissions sandbox_permissions requires_approval
  is_safe security_risk should_read_entire_file detail output_mode head_limit max_results
  show_line_numbers recursive merge subagent_type agent_type model tty login -n`),
);

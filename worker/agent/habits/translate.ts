// Translates the arguments of a foreign tool into those of ours. Each function gives null where they mean
// something that ours cannot do: the call is then refused with what our tool takes.
import { z } from 'zod';
import { barePatch, patchInShell } from './patch-envelope.ts';

export type Input = Readonly<Record<string, unknown>>;
export interface Translated {
  readonly name: string;
  readonly input: Input;
}

const text = z.string();
const texts = z.array(z.string());
const lines = z.tuple([z.number(), z.number()]);

const TRANSLATIONS: ReadonlyMap<string, (input: Input) => Translated | null> = new Map([
  ['shell', ofShell],
  ['read_file', ofRead],
  ['edit_file', ofEdit],
  ['apply_patch', ofPatch],
  ['search', ofSearch],
  ['update_plan', ofPlan],
  ['ask_user', ofQuestion],
  ['list_files', ofList],
  ['find_files', ofFind],
]);

/** The call of ours that a call of `name` with renamed keys means. `name` is ours or one that ours can replace. */
export function translate(name: string, input: Input): Translated | null {
  const translation = TRANSLATIONS.get(name);
  return translation === undefined ? { name, input } : translation(input);
}

function ofShell({
  workdir,
  cwd,
  working_directory,
  timeout_ms,
  timeout,
  ...input
}: Input): Translated | null {
  const line = lineOf(input['command']);
  if (line === null) return null;
  const patch = patchInShell(line);
  if (patch !== null) return { name: 'apply_patch', input: { patch } };
  const folder = [workdir, cwd, working_directory].find((value) => typeof value === 'string');
  // Other harnesses count in milliseconds, some under the plain name: 1,000 and more are taken for those.
  const limitMs = numberOf(timeout_ms) ?? inMs(numberOf(timeout));
  const seconds = limitMs === null ? {} : { timeout_seconds: Math.ceil(limitMs / 1000) };
  const command = typeof folder === 'string' && folder !== '' ? `cd ${quoted(folder)} && ${line}` : line;
  return { name: 'shell', input: { ...seconds, ...input, command } };
}

function inMs(value: number | null): number | null {
  return value === null || value >= 1000 ? value : value * 1000;
}

/** A command line, or the arguments of one as Codex sends them. */
function lineOf(command: unknown): string | null {
  const list = texts.safeParse(command).data;
  if (list === undefined) return text.safeParse(command).data ?? null;
  const [program = '', option = '', line] = list;
  if (/(?:^|\/)(?:bash|sh|zsh)$/.test(program) && /^-\w*c$/.test(option) && list.length === 3)
    return line ?? null;
  if (/^apply_?patch$/.test(program) && list.length === 2) return `apply_patch <<'EOF'\n${option}\nEOF`;
  return list.length === 0 ? null : list.map(quoted).join(' ');
}

function ofRead({ limit, view_range, command, paths, ...input }: Input): Translated | null {
  if (command !== undefined && command !== 'view') return null;
  const only = texts.length(1).safeParse(paths).data?.[0];
  const [first, last] = lines.safeParse(view_range).data ?? [];
  const start = numberOf(input['start_line']) ?? first ?? null;
  const count = numberOf(limit);
  // Some count lines from 0; a read from line 0 is one from the beginning in every harness.
  const from = start === null ? {} : { start_line: Math.max(1, start) };
  const to = last !== undefined && last !== -1 ? { end_line: last } : {};
  const counted = count === null ? {} : { end_line: Math.max(1, start ?? 1) + count - 1 };
  const path = only === undefined ? {} : { path: only };
  return { name: 'read_file', input: { ...input, ...path, ...from, ...to, ...counted } };
}

function ofEdit({ command, edits, view_range, insert_line, ...input }: Input): Translated | null {
  if (command === 'view') return ofRead({ ...input, ...(view_range === undefined ? {} : { view_range }) });
  if (insert_line !== undefined || command === 'insert' || command === 'undo_edit') return null;
  if (edits !== undefined) {
    const [only, ...more] = z.array(z.record(z.string(), z.unknown())).safeParse(edits).data ?? [];
    return only === undefined || more.length > 0 ? null : ofEdit({ ...input, ...renamedEdit(only) });
  }
  const { content, contents, file_text, ...rest } = input;
  const whole = [content, contents, file_text].find((value) => typeof value === 'string');
  // A whole file: made where there is none; over an existing one the tool says what it needs.
  const made = whole === undefined ? {} : { old_text: '', new_text: whole };
  return { name: 'edit_file', input: { ...rest, ...made } };
}

function renamedEdit(edit: Input): Input {
  const { old_string, old_text = old_string, new_string, new_text = new_string, replace_all } = edit;
  return { old_text, new_text, ...(replace_all === undefined ? {} : { replace_all }) };
}

function ofPatch(input: Input): Translated | null {
  const list = texts.safeParse(input['patch']).data;
  const patch = list === undefined ? text.safeParse(input['patch']).data : list.at(-1);
  return patch === undefined ? null : { name: 'apply_patch', input: { ...input, patch: barePatch(patch) } };
}

function ofSearch({ case_sensitive, ignore_case, case_insensitive, ...input }: Input): Translated {
  const isLoose =
    case_sensitive === false || ignore_case === true || case_insensitive === true || input['-i'] === true;
  const { '-i': _, ...rest } = input;
  const { pattern } = rest;
  return {
    name: 'search',
    input: { ...rest, ...(isLoose && typeof pattern === 'string' ? { pattern: `(?i)${pattern}` } : {}) },
  };
}

const STATUSES: Readonly<Record<string, string>> = {
  todo: 'pending',
  not_started: 'pending',
  'not-started': 'pending',
  'in-progress': 'in_progress',
  active: 'in_progress',
  done: 'complete',
  finished: 'complete',
};

function ofPlan(input: Input): Translated | null {
  const steps = z.array(z.union([text, z.record(z.string(), z.unknown())])).safeParse(input['steps']).data;
  if (steps === undefined) return null;
  const plan = steps.map((step) => {
    if (typeof step === 'string') return { title: step, status: 'pending' };
    const { title = step['step'] ?? step['content'] ?? step['description'] ?? step['task'], status } = step;
    const known =
      typeof status === 'string' ? (STATUSES[status.toLowerCase()] ?? status.toLowerCase()) : 'pending';
    return { title, status: known };
  });
  // Cancelled steps are no part of the plan any more.
  return { name: 'update_plan', input: { steps: plan.filter(({ status }) => status !== 'cancelled') } };
}

function ofQuestion({ questions, header: _header, multiSelect: _many, ...input }: Input): Translated | null {
  if (questions !== undefined) {
    const [only, ...more] = z.array(z.record(z.string(), z.unknown())).safeParse(questions).data ?? [];
    return only === undefined || more.length > 0 ? null : ofQuestion({ ...input, ...only });
  }
  const options = z.array(z.unknown()).safeParse(input['options']).data;
  if (options === undefined) return { name: 'ask_user', input };
  const labels = options.map((option) => {
    const { label, text: words } = z.record(z.string(), z.unknown()).safeParse(option).data ?? {};
    return label ?? words ?? option;
  });
  return { name: 'ask_user', input: { ...input, options: labels } };
}

function ofList(input: Input): Translated | null {
  const folder = placeIn(input);
  return folder === null ? null : { name: 'shell', input: { command: `ls -la -- ${quoted(folder)}` } };
}

function ofFind(input: Input): Translated | null {
  const glob = [input['pattern'], input['glob'], input['query']].find((value) => typeof value === 'string');
  const folder = placeIn(input);
  if (typeof glob !== 'string' || folder === null) return null;
  const command = `rg --files --hidden --glob '!.git' --glob ${quoted(glob)} -- ${quoted(folder)} | sort | head -n 500`;
  return { name: 'shell', input: { command } };
}

function placeIn(input: Input): string | null {
  const keys = [
    'path',
    'dir_path',
    'directory',
    'dir',
    'target_directory',
    'relative_workspace_path',
    'folder',
  ];
  const value = keys.map((key) => input[key]).find((place) => place !== undefined) ?? '.';
  return typeof value === 'string' ? value || '.' : null;
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

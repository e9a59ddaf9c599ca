// Changes files exactly once, also when the worker dies in between.
//
// New contents are worked out here, staged in the sandbox, and put in place by one command with the call's
// id, which the toolhost never runs twice. A worker that repeats the call finds the staging folder and does not
// work anything out again: the file may already be changed, and then its old text is no longer there.

import { hasCode } from '../../../core/errors.ts';
import { parseJson } from '../../../core/parse.ts';
import type { Sandbox } from '../../../sandbox/port/sandbox.ts';
import { STATE_DIR } from './output.ts';
import { failed, succeeded, type ToolContext, type ToolOutcome } from './tool.ts';

const MANIFEST_MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 60_000;
const encoder = new TextEncoder();

export type FileChange =
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  | { readonly kind: 'delete'; readonly path: string }
  /** Keeps the mode; what comes after it in the list sees the new path. */
  | { readonly kind: 'rename'; readonly path: string; readonly to: string };

/** The changes with the sentence that reports them to the model, or the reason why none can be made. */
export type PlannedChanges =
  | { readonly report: string; readonly changes: readonly FileChange[] }
  | { readonly refusal: string };

/**
 * $1: the staging folder. Each manifest line after the first is a kind, a number and a path; the staged file of that
 * number is the new content, or the new path. Writing into the file that is there keeps its mode and links; as
 * that empties it first, a copy puts it back where the disk is full. Contents go at the end, the manifest stays.
 */
const SCRIPT = `
set -eu
cd -- "$1"
trap 'find . -type f ! -name manifest -delete' EXIT
tail -n +2 manifest | while IFS=' ' read -r kind number path; do
  case "$kind" in
    delete) rm -f -- "$path" ;;
    rename)
      to=$(cat -- "$number")
      mkdir -p -- "\${to%/*}"
      mv -f -- "$path" "$to" ;;
    write)
      mkdir -p -- "\${path%/*}"
      if [ -f "$path" ]; then
        cp -- "$path" "$number.before"
        cat -- "$number" > "$path" || { cat -- "$number.before" > "$path"; exit 1; }
      else
        cat -- "$number" > "$path" || { [ -L "$path" ] || rm -f -- "$path"; exit 1; }
      fi ;;
  esac
done
`;

/** Plans the changes with `plan` and makes them; or finishes those that an earlier try of the call staged. */
export async function changeFilesOnce(
  context: ToolContext,
  plan: () => Promise<PlannedChanges>,
): Promise<ToolOutcome> {
  const { sandbox, callKey, signal } = context;
  const staging = `${STATE_DIR}/edits/${callKey}`;
  let report = context.resumed ? await stagedEarlier(sandbox, staging) : null;
  if (report === null) {
    const planned = await plan();
    if ('refusal' in planned) return failed(planned.refusal);
    await stageChanges(sandbox, staging, planned.report, planned.changes).catch(async (thrown: unknown) => {
      // What is there already would only keep the disk full.
      if (hasCode(thrown, 'sandbox_full'))
        await sandbox.run({ id: `${callKey}-off`, argv: ['rm', '-rf', staging] });
      throw thrown;
    });
    report = planned.report;
  }
  const command = { id: callKey, argv: ['bash', '-c', SCRIPT, 'bash', staging], timeoutMs: TIMEOUT_MS };
  const ran = await sandbox.run(command, { signal });
  if (ran.exitCode === 0) return succeeded(report);
  return failed(`The change could not be written: ${ran.output.text.trim().slice(0, 500)}`);
}

async function stageChanges(
  sandbox: Sandbox,
  staging: string,
  report: string,
  changes: readonly FileChange[],
): Promise<void> {
  for (const [number, change] of changes.entries()) {
    const staged = stagedOf(change);
    if (staged !== null) await sandbox.write(`${staging}/${number}`, encoder.encode(staged));
  }
  const lines = changes.map(({ kind, path }, number) => `${kind} ${number} ${path}`);
  // The manifest comes last: a staging folder that has one is complete.
  await sandbox.write(
    `${staging}/manifest`,
    encoder.encode(`${[JSON.stringify(report), ...lines].join('\n')}\n`),
  );
}

function stagedOf(change: FileChange): string | null {
  switch (change.kind) {
    case 'write':
      return change.text;
    case 'rename':
      return change.to;
    case 'delete':
      return null;
  }
}

/** The sentence of a staging folder that is complete; null where there is none. */
async function stagedEarlier(sandbox: Sandbox, staging: string): Promise<string | null> {
  try {
    const manifest = await sandbox.read(`${staging}/manifest`, MANIFEST_MAX_BYTES);
    const first = new TextDecoder().decode(manifest).split('\n')[0] ?? '';
    const report = parseJson(first);
    return typeof report === 'string' ? report : null;
  } catch (thrown) {
    if (hasCode(thrown, 'path_refused')) return null;
    throw thrown;
  }
}

// The apply_patch tool: several changes in several files, all or none.
import { z } from 'zod';
import { changeFilesOnce, type FileChange, type PlannedChanges } from './file-changes.ts';
import { inSandbox, oneLine, shown } from './output.ts';
import { type FilePatch, parsePatch } from './patch-format.ts';
import { patchText } from './patch-text.ts';
import { contentOf, decodeText, pathSchema } from './text-file.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const applyPatchTool = defineTool({
  name: 'apply_patch',
  description:
    'Change several files at once, all or none. The patch is *** Begin Patch, then sections *** Add File: path (lines with +), *** Delete File: path, *** Update File: path (optionally *** Move to: path; hunks after @@ with lines beginning with space, - or +, found by their context), then *** End Patch.',
  input: z.strictObject({ patch: z.string().min(1) }),
  touches: ({ patch }) => {
    const parsed = parsePatch(patch);
    return 'files' in parsed ? parsed.files.map((file) => file.path) : [];
  },
  summarize: ({ patch }) => {
    const parsed = parsePatch(patch);
    const paths = 'files' in parsed ? parsed.files.map((file) => shown(file.path)) : [];
    return oneLine(`Edit ${paths.join(', ') || 'files'}`);
  },
  run: ({ patch }, context) => changeFilesOnce(context, () => plan(patch, context)),
});

async function plan(patch: string, context: ToolContext): Promise<PlannedChanges> {
  const parsed = parsePatch(patch);
  if ('refusal' in parsed) return parsed;
  const touched = parsed.files.flatMap((file) =>
    file.kind === 'update' && file.moveTo !== null ? [file.path, file.moveTo] : [file.path],
  );
  const paths = touched.map((path) => inSandbox(path));
  if (!paths.every((path) => pathSchema.safeParse(path).success))
    return { refusal: 'A path cannot be used.' };
  if (new Set(paths).size !== paths.length) return { refusal: 'Each file may be named once in a patch.' };
  const changes: FileChange[] = [];
  for (const file of parsed.files) {
    const planned = await planFile(file, context);
    if ('refusal' in planned) return planned;
    changes.push(...planned);
  }
  return { report: `Done: ${parsed.files.map(reportOf).join('; ')}.`, changes };
}

async function planFile(
  file: FilePatch,
  context: ToolContext,
): Promise<readonly FileChange[] | { readonly refusal: string }> {
  const path = inSandbox(file.path);
  const before = await contentOf(context.sandbox, path);
  if (file.kind === 'add') {
    if (before !== null) return { refusal: `${shown(path)} already exists. Use *** Update File.` };
    return [write(path, `${file.lines.join('\n')}\n`)];
  }
  if (before === null) return { refusal: `There is no file ${shown(path)}.` };
  if (file.kind === 'delete') return [{ kind: 'delete', path }];
  const text = decodeText(before);
  if (text === null) return { refusal: `${shown(path)} is not a UTF-8 text file.` };
  const patched = patchText(text, file.hunks, shown(path));
  if ('refusal' in patched) return patched;
  if (file.moveTo === null) return [write(path, patched.text)];
  const to = inSandbox(file.moveTo);
  if ((await contentOf(context.sandbox, to)) !== null) return { refusal: `${shown(to)} already exists.` };
  return [{ kind: 'rename', path, to }, write(to, patched.text)];
}

function write(path: string, text: string): FileChange {
  return { kind: 'write', path, text };
}

function reportOf(file: FilePatch): string {
  const name = shown(file.path);
  switch (file.kind) {
    case 'add':
      return `made ${name}`;
    case 'delete':
      return `deleted ${name}`;
    case 'update':
      return file.moveTo === null ? `changed ${name}` : `moved ${name} to ${shown(file.moveTo)}`;
  }
}

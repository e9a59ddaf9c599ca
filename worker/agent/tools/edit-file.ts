// The edit_file tool: replaces one passage of a file, or makes a new file.
import { z } from 'zod';
import { changeFilesOnce, type PlannedChanges } from './file-changes.ts';
import { inSandbox, oneLine, shown } from './output.ts';
import { replaceText } from './replace-text.ts';
import { contentOf, decodeText, pathSchema } from './text-file.ts';
import { defineTool, type ToolContext } from './tool.ts';

const inputSchema = z.strictObject({
  path: pathSchema,
  old_text: z.string().describe('Exactly as in the file. Empty: make a new file.'),
  new_text: z.string(),
  replace_all: z.boolean().optional().describe('Replace it wherever it is.'),
});

export const editFileTool = defineTool({
  name: 'edit_file',
  description:
    'Replace old_text, which must be in the file exactly once unless replace_all is set, by new_text. With an empty old_text, make a new file with new_text as its content.',
  input: inputSchema,
  touches: ({ path }) => [path],
  summarize: ({ path }) => oneLine(`Edit ${shown(path)}`),
  run: (input, context) => changeFilesOnce(context, () => plan(input, context)),
});

async function plan(input: z.infer<typeof inputSchema>, context: ToolContext): Promise<PlannedChanges> {
  const path = inSandbox(input.path);
  const name = shown(path);
  const before = await contentOf(context.sandbox, path);
  const write = (text: string, report: string): PlannedChanges => ({
    report,
    changes: [{ kind: 'write', path, text }],
  });
  if (input.old_text === '') {
    // An empty file has no passage to name, so filling it counts as making it.
    if (before !== null && before.length > 0) {
      return { refusal: `${name} already exists. Give the passage to replace as old_text.` };
    }
    return write(input.new_text, `Made ${name} with ${countLines(input.new_text)} lines.`);
  }
  if (before === null) return { refusal: `There is no file ${name}. With an empty old_text it is made.` };
  const text = decodeText(before);
  if (text === null) return { refusal: `${name} is not a UTF-8 text file.` };
  if (input.old_text === input.new_text) return { refusal: 'old_text and new_text are the same.' };
  const which = input.replace_all === true ? 'all' : 'once';
  const replaced = replaceText(text, input.old_text, input.new_text, name, which);
  if ('refusal' in replaced) return replaced;
  if (replaced.count > 1)
    return write(
      replaced.text,
      `Edited ${name} in ${replaced.count} places, the first at line ${replaced.firstLine}.`,
    );
  const lines = `${countLines(input.old_text)} → ${countLines(input.new_text)} lines`;
  return write(replaced.text, `Edited ${name} at line ${replaced.firstLine} (${lines}).`);
}

function countLines(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

// The artifact tool: a file for the people in the thread, such as a report, a recording or a picture.
import { posix } from 'node:path';
import { z } from 'zod';
import { keepable } from '../../model/safe-text.ts';
import { pictureTypeOf } from '../../pictures/pixels.ts';
import { inSandbox, oneLine, shown } from './output.ts';
import { defineTool, failed, succeeded } from './tool.ts';

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_TITLE_CHARS = 120;

export const artifactTool = defineTool({
  name: 'artifact',
  description:
    'Publish a file from the sandbox to the thread, for people to open: a report, a picture (PNG or JPEG), a recording, exported data. Not for source code, which they see in the diff.',
  input: z.strictObject({
    path: z.string().min(1),
    title: z.string().min(1).describe('What it shows, in a few words.'),
  }),
  summarize: ({ path }) => oneLine(`Publish ${shown(path)}`),
  run: async ({ path, title }, context) => {
    const content = await context.sandbox.read(inSandbox(path), MAX_BYTES);
    if (content.length === 0) return failed(`${shown(path)} is empty.`);
    const name = oneLine(keepable(posix.basename(inSandbox(path))), 100);
    const picture = pictureTypeOf(content);
    const kind = picture === null ? 'file' : 'image';
    const mimeType = picture ?? 'application/octet-stream';
    const words = oneLine(title, MAX_TITLE_CHARS);
    const artifact = await context.artifacts.save({ kind, name, mimeType, altText: words, content });
    await context.report({ type: 'artifact.published', artifactId: artifact.id, name, title: words });
    return succeeded(`${shown(path)} is on its way to the thread (${content.length} bytes).`);
  },
});

// The ask_user tool: a question to the people in the thread, who may take days to answer.
import { z } from 'zod';
import { oneLine, readable } from './output.ts';
import { defineTool } from './tool.ts';

const MAX_OPTIONS = 5;
const MAX_OPTION_CHARS = 70;

export const askUserTool = defineTool({
  name: 'ask_user',
  description:
    'Ask the person in the thread a question and wait for the answer, which may take hours. Only for what neither the repo nor the request can tell you. Options are shown as buttons.',
  input: z.strictObject({
    question: z.string().min(1).max(2000),
    options: z.array(z.string().min(1)).max(MAX_OPTIONS).optional(),
  }),
  quiet: true,
  summarize: ({ question }) => oneLine(`Ask: ${question}`),
  run: async ({ question, options }) => ({
    kind: 'question',
    question: readable(question),
    options: (options ?? []).map((option) => oneLine(option, MAX_OPTION_CHARS)),
  }),
});

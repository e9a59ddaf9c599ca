// The delegate tool: a self-contained task for a child agent, which works in the same sandbox and reports back.
import { z } from 'zod';
import { cutMiddle, oneLine } from './output.ts';
import { defineTool, failed } from './tool.ts';

export const delegateTool = defineTool({
  name: 'delegate',
  description:
    'Give a self-contained task to a child agent in the same sandbox and get its report. It knows nothing of this conversation, so say everything it needs. With read_only it only looks, and several run side by side: for broad searches whose details you do not need.',
  input: z.strictObject({
    task: z.string().min(1).max(8_000),
    read_only: z.boolean().optional(),
  }),
  onlyReads: ({ read_only: isReadOnly }) => isReadOnly === true,
  summarize: ({ task }) => oneLine(`Hand over: ${task}`),
  run: async ({ task, read_only: isReadOnly }, context) => {
    const outcome = await context.delegate({ text: task, isReadOnly: isReadOnly === true });
    if (outcome.kind !== 'result') return failed('The sub-task ended without a report.');
    return { ...outcome, output: cutMiddle(outcome.output) };
  },
});

// The update_plan tool: what the thread shows as the turn's plan.
import { z } from 'zod';
import type { PlanStep } from '../../../core/event.ts';
import { oneLine } from './output.ts';
import { defineTool, succeeded } from './tool.ts';

const MAX_STEPS = 20;
const MAX_TITLE_CHARS = 120;

export const updatePlanTool = defineTool({
  name: 'update_plan',
  description:
    'Show the people in the thread the plan of the work: all steps with their status, at most one in progress. For work of more than two steps; call it again when a step is done.',
  input: z.strictObject({
    steps: z
      .array(
        z.strictObject({
          title: z.string().min(1),
          // Some models are trained on "completed"; the rest of the product says "complete".
          status: z.enum(['pending', 'in_progress', 'complete', 'completed']),
        }),
      )
      .min(1)
      .max(MAX_STEPS),
  }),
  quiet: true,
  summarize: () => 'Update the plan',
  run: async ({ steps }, context) => {
    const plan = steps.map(
      (step): PlanStep => ({
        title: oneLine(step.title, MAX_TITLE_CHARS),
        status: step.status === 'completed' ? 'complete' : step.status,
      }),
    );
    await context.report({ type: 'plan.updated', steps: plan });
    return succeeded('The plan is shown in the thread.');
  },
});

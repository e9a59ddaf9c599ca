// Finds what Slack would refuse in a message before it is sent, and kinds of blocks that the product does not use.
import { z } from 'zod';
import { messageBlock } from './blocks-table.ts';
import { MESSAGE_BLOCKS_MAX, MESSAGE_CHARS_MAX, MESSAGE_TEXT_MAX, TABLE_CHARS_MAX } from './limits.ts';
import { list, string } from './shape.ts';
import { isFields, textLength } from './weigh.ts';

/** One thing that Slack would refuse, with a JSON pointer to it. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

const messageSchema = z.object({
  text: string(MESSAGE_TEXT_MAX),
  blocks: list(messageBlock, MESSAGE_BLOCKS_MAX),
});

/** Every problem of a message `{text, blocks}`; an empty list means that Slack takes it. */
export function validateMessage(message: { readonly text: unknown; readonly blocks: unknown }): Problem[] {
  const { error } = messageSchema.safeParse(message, { error: lengthOf });
  const blocks: readonly unknown[] = Array.isArray(message.blocks) ? message.blocks : [];
  return [...(error?.issues ?? []).flatMap(problemsOf), ...problemsTogether(blocks)];
}

/** The words for a list that is too long; zod has the others. */
function lengthOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'too_big' || !Array.isArray(issue.input)) return undefined;
  return `must have at most ${issue.maximum} items, but has ${issue.input.length}`;
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const pointer = issue.path.map((part) => `/${String(part)}`).join('');
  if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }];
  return issue.keys.map((key) => ({
    pointer: `${pointer}/${key}`,
    message: 'is not a field that Slack knows here',
  }));
}

/** The problems that concern several blocks at once. */
function problemsTogether(blocks: readonly unknown[]): Problem[] {
  const problems: Problem[] = [];
  const report = (pointer: string, message: string) => problems.push({ pointer, message });
  const seen = new Set<unknown>();
  blocks.forEach((block, index) => {
    if (!isFields(block)) return;
    if (block.block_id !== undefined && seen.has(block.block_id))
      report(`/blocks/${index}/block_id`, 'is used twice');
    seen.add(block.block_id);
    if (block.type === 'table' && textLength(block) > TABLE_CHARS_MAX)
      report(`/blocks/${index}`, `holds more than ${TABLE_CHARS_MAX} characters`);
  });
  const chars = textLength(blocks);
  if (chars > MESSAGE_CHARS_MAX)
    report('/blocks', `hold ${chars} characters; Slack refuses more than ${MESSAGE_CHARS_MAX}`);
  if (blocks.filter((block) => isFields(block) && block.type === 'table').length > 1)
    report('/blocks', 'hold more than one table');
  return problems;
}

// The checker as Slack applies it to a whole payload: every block by its own rule, then what holds for all of
// them together.

import { makeId } from '../records/ids.ts';
import type { Dict } from '../records/records.ts';
import { isDict, textOf } from '../wire/args.ts';
import { refuseWithMessages, SlackRefusal } from '../wire/refusal.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { topLevelBlock } from './blocks.ts';
import { countText } from './composition.ts';
import { type Check, note, type Surface } from './rules.ts';

const MAX_BLOCKS: Record<Surface, number> = { message: 50, modal: 100, home: 100 };
/** Undocumented; measured by others at about this many characters over all blocks of a message. */
const MAX_MESSAGE_TEXT_CHARS = 13_200;
const MAX_MARKDOWN_CHARS = 12_000;
const MAX_TABLE_CHARS = 10_000;
const SHOWN_FORMATS = ['png', 'jpg', 'gif'];

/** Answers the blocks with missing ids filled in, or refuses the call as Slack does. */
export function checkBlocks(ws: Workspace, blocks: unknown[], surface: Surface, at = '/blocks'): Dict[] {
  const problems = findProblems(blocks, surface, at, (reference) => slackFileProblem(ws, reference));
  if (problems.length > 0) throw refuseWithMessages('invalid_blocks', problems);
  if (surface === 'message' && countText(blocks) > MAX_MESSAGE_TEXT_CHARS)
    throw new SlackRefusal('msg_blocks_too_long');
  return blocks.filter(isDict).map(withIds);
}

/** Every problem of a payload's blocks, in Slack's words, each with its JSON pointer. */
export function findProblems(
  blocks: unknown[],
  surface: Surface,
  at: string,
  fileProblem: Check['fileProblem'],
): string[] {
  const check: Check = { surface, problems: [], fileProblem };
  const max = MAX_BLOCKS[surface];
  if (blocks.length > max) note(check, `no more than ${max} items allowed`, at);
  const blockIds = new Set<string>();
  blocks.slice(0, max).forEach((block, index) => {
    topLevelBlock(block, `${at}/${index}`, check);
    const blockId = textOf(block, 'block_id');
    if (blockId === undefined || blockId === '') return;
    if (blockIds.has(blockId))
      note(check, `\`block_id\` already exists: ${blockId}`, `${at}/${index}/block_id`);
    blockIds.add(blockId);
  });
  checkTogether(blocks, at, check);
  return check.problems;
}

function checkTogether(blocks: unknown[], at: string, check: Check): void {
  const ofType = (type: string): Dict[] => blocks.filter(isDict).filter((block) => block['type'] === type);
  const tables = ofType('table');
  if (tables.length > 1) note(check, 'only_one_table_allowed', at);
  if (countText(tables) > MAX_TABLE_CHARS)
    note(check, `table must be less than ${MAX_TABLE_CHARS + 1} characters`, at);
  if (countText(ofType('markdown')) > MAX_MARKDOWN_CHARS) {
    note(check, `markdown blocks must together be less than ${MAX_MARKDOWN_CHARS + 1} characters`, at);
  }
}

/** Slack shows a file in a block only once it has finished with it, and only these image formats. */
function slackFileProblem(ws: Workspace, reference: Dict): string | undefined {
  const id = textOf(reference, 'id') ?? /(F[A-Z0-9]{8,})/.exec(textOf(reference, 'url') ?? '')?.[1];
  const file = id === undefined ? undefined : ws.state.files[id];
  if (file?.phase !== 'ready') return 'slack file not found';
  return SHOWN_FORMATS.includes(file.filetype) ? undefined : 'slack file is not a supported image';
}

function withIds(block: Dict): Dict {
  const filled: Dict = { ...block };
  if (!filled['block_id']) filled['block_id'] = makeId('', 5);
  for (const place of ['elements', 'child_blocks', 'actions']) {
    const entries = filled[place];
    if (Array.isArray(entries) && filled['type'] !== 'rich_text') {
      filled[place] = entries.map((entry) => (isDict(entry) ? withElementId(entry) : entry));
    }
  }
  for (const place of ['accessory', 'element']) {
    const entry = filled[place];
    if (isDict(entry)) filled[place] = withElementId(entry);
  }
  return filled;
}

const WITHOUT_ACTION = new Set(['image', 'plain_text', 'mrkdwn']);

function withElementId(entry: Dict): Dict {
  const type = textOf(entry, 'type') ?? '';
  if (WITHOUT_ACTION.has(type)) return entry;
  if (entry['elements'] !== undefined || entry['actions'] !== undefined || isNestedBlock(type))
    return withIds(entry);
  return entry['action_id'] === undefined ? { ...entry, action_id: makeId('', 5) } : entry;
}

function isNestedBlock(type: string): boolean {
  return [
    'section',
    'context',
    'divider',
    'header',
    'input',
    'rich_text',
    'table',
    'video',
    'card',
    'file',
  ].includes(type);
}

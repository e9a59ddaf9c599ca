// Fits one block into Slack's limits: splits a long text into several blocks, and cuts long labels.
import type {
  ActionsBlock,
  ContextBlock,
  KnownBlock,
  PlainTextElement,
  PlanBlock,
  SectionBlock,
  TableBlock,
  TaskCardBlock,
  TextObject,
} from '@slack/types';
import { NOTHING } from '../parts/rich.ts';
import {
  ACTIONS_MAX,
  CONTEXT_MAX,
  FIELD_TEXT_MAX,
  HEADER_TEXT_MAX,
  IMAGE_TEXT_MAX,
  PLAN_TASKS_MAX,
  SECTION_TEXT_MAX,
  TABLE_CHARS_MAX,
  TABLE_COLUMNS_MAX,
  TABLE_ROWS_MAX,
  TASK_TITLE_MAX,
} from '../rules/limits.ts';
import { cut, headOf, splitText } from '../rules/text.ts';
import { isFields, textLength } from '../rules/weigh.ts';
import { packRichText } from './fit-rich.ts';

/** The longest details of a task: people read a plan at a glance. */
const TASK_DETAILS_MAX = 1_000;

/** Returns the block within Slack's limits, as one or more blocks. */
export function fitBlock(block: KnownBlock): KnownBlock[] {
  switch (block.type) {
    case 'rich_text':
      return packRichText(block.elements).map((part, index) => (index === 0 ? { ...block, ...part } : part));
    case 'section':
      return fitSection(block);
    case 'header':
      return [{ ...block, text: fitText(block.text, HEADER_TEXT_MAX) }];
    case 'context':
      return fitContext(block);
    case 'image':
      return [
        {
          ...block,
          alt_text: label(block.alt_text, IMAGE_TEXT_MAX),
          ...(block.title && { title: fitText(block.title, IMAGE_TEXT_MAX) }),
        },
      ];
    case 'actions':
      return fitActions(block);
    case 'table':
      return [fitTable(block)];
    case 'task_card':
      return [fitTask(block)];
    case 'plan':
      return [fitPlan(block)];
    default:
      return [block];
  }
}

function label(text: string, max: number): string {
  const safe = cut(text.toWellFormed(), max);
  return safe.trim() === '' ? NOTHING : safe;
}

/** Cuts mrkdwn to `max` characters, with no half entity or half token at its end. */
export function cutMarkup(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${headOf(text, max - 1)
    .replace(/<[^<>]*$|&[a-z]{0,4}$/, '')
    .trimEnd()}…`;
}

function fitText<T extends TextObject | PlainTextElement>(text: T, max: number): T {
  const safe = text.type === 'mrkdwn' ? cutMarkup(text.text.toWellFormed(), max) : label(text.text, max);
  return { ...text, text: safe.trim() === '' ? NOTHING : safe };
}

function fitSection(block: SectionBlock): KnownBlock[] {
  const text = block.text;
  if (!text || (text.text.length <= SECTION_TEXT_MAX && text.text.trim() !== '')) return [block];
  // A cut within a token of mrkdwn would break the token, so each part ends before it.
  const [head = NOTHING, ...rest] =
    text.type === 'mrkdwn' ? splitMarkup(text.text) : splitText(text.text, SECTION_TEXT_MAX);
  return [
    { ...block, text: { ...text, text: head } },
    ...rest.map((part): KnownBlock => ({ type: 'section', text: { ...text, text: part } })),
  ];
}

function splitMarkup(text: string): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > SECTION_TEXT_MAX) {
    const window = headOf(rest, SECTION_TEXT_MAX).replace(/<[^<>]*$|&[a-z]{0,4}$/, '');
    const part = splitText(rest, window.length || SECTION_TEXT_MAX)[0] ?? rest.slice(0, SECTION_TEXT_MAX);
    parts.push(part);
    rest = rest.slice(part.length).trimStart();
  }
  return [...parts, rest].filter((part) => part.trim() !== '');
}

function fitContext(block: ContextBlock): KnownBlock[] {
  const elements = block.elements
    .slice(0, CONTEXT_MAX)
    .map((element) => (element.type === 'image' ? element : fitText(element, FIELD_TEXT_MAX)));
  return elements.length > 0 ? [{ ...block, elements }] : [];
}

function fitActions(block: ActionsBlock): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  for (let at = 0; at < block.elements.length; at += ACTIONS_MAX) {
    const elements = block.elements.slice(at, at + ACTIONS_MAX);
    blocks.push(at === 0 ? { ...block, elements } : { type: 'actions', elements });
  }
  return blocks;
}

/** Drops rows from the end. The caller that builds a table says in words what it leaves out. */
function fitTable(block: TableBlock): KnownBlock {
  const rows: TableBlock['rows'] = [];
  let chars = 0;
  for (const row of block.rows.slice(0, TABLE_ROWS_MAX)) {
    const cells = row
      .slice(0, TABLE_COLUMNS_MAX)
      .map((cell) =>
        cell.type === 'rich_text' ? cell : { ...cell, text: label(cell.text, FIELD_TEXT_MAX) },
      );
    chars += textLength(cells);
    if (chars > TABLE_CHARS_MAX && rows.length > 0) break;
    rows.push(cells);
  }
  return { ...block, rows };
}

function fitPlan(block: PlanBlock): PlanBlock {
  const tasks = block.tasks?.slice(0, PLAN_TASKS_MAX).map((task) => (isTask(task) ? fitTask(task) : task));
  return { ...block, title: label(block.title, TASK_TITLE_MAX), ...(tasks && { tasks }) };
}

function isTask(task: object): task is TaskCardBlock {
  return isFields(task) && task.type === 'task_card' && typeof task.title === 'string';
}

function fitTask(task: TaskCardBlock): TaskCardBlock {
  const { details, ...rest } = task;
  const short = details && packRichText(details.elements, TASK_DETAILS_MAX)[0];
  return { ...rest, title: label(task.title, TASK_TITLE_MAX), ...(short && { details: short }) };
}

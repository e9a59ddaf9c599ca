// plan and task_card: what the agent is doing, as a list that fills up. This is the block people watch.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { link } from '../text/inline.js';
import { textInline } from '../text/mrkdwn.js';
import { list, string } from './context.js';
import { renderRichText } from './rich-text.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/** @type {Record<string, string>} */
const STATUS_WORDS = { pending: 'to do', in_progress: 'in progress', complete: 'done', error: 'failed' };

/** One turn of the spinner; the same number stands in the stylesheet's animation. */
const SPIN_MS = 900;

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderPlan(block, ctx) {
  const tasks = list(block.tasks);
  const done = tasks.filter((task) => task.status === 'complete').length;
  const failed = tasks.some((task) => task.status === 'error');
  const running = tasks.some((task) => task.status === 'in_progress');
  const state = failed
    ? 'error'
    : done === tasks.length && done > 0
      ? 'complete'
      : running
        ? 'in_progress'
        : 'pending';
  const key = `plan:${string(tasks[0]?.task_id)}`;
  const node = el(
    'details.plan',
    { data: { status: state }, open: ctx.isOpen(key, true) },
    el(
      'summary',
      null,
      el('span.plan-title', null, textInline(titleOf(block.title), ctx)),
      tasks.length > 0 && el('span.plan-count', null, `${done} of ${tasks.length}`),
      icon('chevron', 'fold'),
      tasks.length > 0 &&
        el(
          'span.plan-bar',
          null,
          el('span', { style: { width: `${Math.round((done / tasks.length) * 100)}%` } }),
        ),
    ),
    el(
      'div.plan-tasks',
      null,
      tasks.map((task) => renderTaskCard(task, ctx)),
    ),
  );
  return rememberOpen(node, key, ctx);
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderTaskCard(block, ctx) {
  const status = Object.hasOwn(STATUS_WORDS, string(block.status)) ? string(block.status) : 'pending';
  const sources = list(block.sources);
  const hasBody = Boolean(block.details || block.output || sources.length > 0);
  const head = [
    statusIcon(status),
    el('span.task-title', null, textInline(titleOf(block.title), ctx)),
    hasBody && icon('chevron', 'fold'),
  ];
  const data = { taskId: string(block.task_id), status };
  if (!hasBody) return el('div.task-card', { data }, el('div.task-head', null, head));
  const key = `task:${string(block.task_id)}:${status}`;
  const node = el(
    'details.task-card',
    { data, open: ctx.isOpen(key, status === 'in_progress' || status === 'error') },
    el('summary.task-head', null, head),
    el(
      'div.task-body',
      null,
      block.details && el('div.task-details', null, renderRichText(block.details, ctx)),
      block.output && el('div.task-output', null, renderRichText(block.output, ctx)),
      sources.length > 0 &&
        el(
          'div.task-sources',
          null,
          sources.map((source) =>
            el(
              'span.source',
              null,
              link(string(source.url), [document.createTextNode(string(source.text) || string(source.url))]),
            ),
          ),
        ),
    ),
  );
  return rememberOpen(node, key, ctx);
}

/** @param {string} status */
function statusIcon(status) {
  const node = el('span.task-status', {
    role: 'img',
    'aria-label': STATUS_WORDS[status],
    title: STATUS_WORDS[status],
  });
  if (status === 'complete') node.append(icon('check'));
  if (status === 'error') node.append(icon('close'));
  // The message is drawn anew at every update: starting each spinner at the clock's phase keeps it turning evenly.
  if (status === 'in_progress') node.style.animationDelay = `-${Date.now() % SPIN_MS}ms`;
  return node;
}

/**
 * @param {unknown} title Slack's types say a string; a text object is accepted as well.
 * @returns {{ type: string, text: string }}
 */
function titleOf(title) {
  if (typeof title === 'object' && title !== null && 'text' in title)
    return { type: 'plain_text', text: string(title.text) };
  return { type: 'plain_text', text: string(title) };
}

/**
 * @param {HTMLElement} node
 * @param {string} key
 * @param {RenderContext} ctx
 */
function rememberOpen(node, key, ctx) {
  node
    .querySelector(':scope > summary')
    ?.addEventListener('click', () => ctx.setOpen(key, !node.hasAttribute('open')));
  return node;
}

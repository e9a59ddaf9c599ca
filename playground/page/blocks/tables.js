// table and data_table. A table may be wider than the message: it scrolls on its own.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { textInline } from '../text/mrkdwn.js';
import { list, string } from './context.js';
import { renderRichText } from './rich-text.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * @param {unknown} rows
 * @returns {Json[][]}
 */
function grid(rows) {
  return Array.isArray(rows) ? rows.map((row) => list(row)) : [];
}

/**
 * @param {Json} cell
 * @param {RenderContext} ctx
 * @returns {Node | Node[]}
 */
function cellContent(cell, ctx) {
  if (cell.type === 'rich_text') return renderRichText(cell, ctx);
  if (cell.type === 'raw_text' || cell.type === 'raw_number') {
    return textInline({ type: 'plain_text', text: string(cell.text) || String(cell.value ?? '') }, ctx);
  }
  return el('span.unknown-inline', null, `[${string(cell.type) || 'unknown'} cell]`);
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderTable(block, ctx) {
  const [head = [], ...body] = grid(block.rows);
  const settings = list(block.column_settings);
  const cell = (/** @type {'th' | 'td'} */ tag, /** @type {Json} */ item, /** @type {number} */ column) => {
    const { align = 'left', is_wrapped: wrapped = false } = settings[column] ?? {};
    const numeric = item.type === 'raw_number' && !settings[column]?.align;
    return el(
      wrapped ? `${tag}.wrapped` : tag,
      {
        style: {
          'text-align': numeric ? 'right' : ['left', 'center', 'right'].includes(align) ? align : 'left',
        },
      },
      cellContent(item, ctx),
    );
  };
  const row = (/** @type {'th' | 'td'} */ tag, /** @type {Json[]} */ items) =>
    el(
      'tr',
      null,
      items.map((item, column) => cell(tag, item, column)),
    );
  return el(
    'div.table-scroll',
    null,
    el(
      'table.grid',
      null,
      el('thead', null, row('th', head)),
      el(
        'tbody',
        null,
        body.map((items) => row('td', items)),
      ),
    ),
  );
}

const DEFAULT_PAGE_SIZE = 5;

/**
 * data_table: caption, search, sortable columns and pages, all on this side as in Slack's client.
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderDataTable(block, ctx) {
  const [head = [], ...body] = grid(block.rows);
  const pageSize = Math.max(1, Number(block.page_size) || DEFAULT_PAGE_SIZE);
  const state = { page: 0, sortBy: -1, descending: false, filter: '' };
  const tbody = el('tbody');
  const pager = el('div.pager');
  const headers = head.map((cell, column) => {
    const sort = () => {
      state.descending = state.sortBy === column && !state.descending;
      state.sortBy = column;
      state.page = 0;
      draw();
    };
    return el(
      'th',
      { scope: 'col', style: body[0]?.[column]?.type === 'raw_number' ? { 'text-align': 'right' } : {} },
      el('button.sort', { type: 'button', onclick: sort }, cellContent(cell, ctx), icon('down')),
    );
  });
  const search = el('input.table-search', {
    type: 'search',
    placeholder: 'Filter rows',
    'aria-label': 'Filter rows',
  });
  search.addEventListener('input', () => {
    state.filter = /** @type {HTMLInputElement} */ (search).value.toLowerCase();
    state.page = 0;
    draw();
  });

  function draw() {
    const rows = body.filter((row) =>
      row.some((cell) => cellKey(cell).toString().toLowerCase().includes(state.filter)),
    );
    if (state.sortBy >= 0)
      rows.sort((a, b) => compare(a[state.sortBy], b[state.sortBy]) * (state.descending ? -1 : 1));
    const pages = Math.max(1, Math.ceil(rows.length / pageSize));
    state.page = Math.min(state.page, pages - 1);
    const shown = rows.slice(state.page * pageSize, (state.page + 1) * pageSize);
    tbody.replaceChildren(
      ...shown.map((row) =>
        el(
          'tr',
          null,
          row.map((cell, column) => dataCell(cell, column)),
        ),
      ),
    );
    for (const [column, header] of headers.entries()) {
      header.setAttribute(
        'aria-sort',
        state.sortBy !== column ? 'none' : state.descending ? 'descending' : 'ascending',
      );
    }
    pager.replaceChildren(
      el('span', null, `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`),
      ...(pages > 1
        ? [
            turn('back', 'Previous page', -1, state.page === 0),
            el('span', null, `${state.page + 1} / ${pages}`),
            turn('right', 'Next page', 1, state.page === pages - 1),
          ]
        : []),
    );
  }

  /**
   * @param {Json} cell
   * @param {number} column
   */
  function dataCell(cell, column) {
    const isHeader = column === (Number(block.row_header_column_index) || 0);
    const style = cell.type === 'raw_number' ? { 'text-align': 'right' } : {};
    return el(
      isHeader ? 'th.row-header' : 'td',
      { style, scope: isHeader ? 'row' : null },
      cellContent(cell, ctx),
    );
  }

  /**
   * @param {'back' | 'right'} name
   * @param {string} label
   * @param {number} by
   * @param {boolean} disabled
   */
  function turn(name, label, by, disabled) {
    const onclick = () => {
      state.page += by;
      draw();
    };
    return el('button.icon-button', { type: 'button', 'aria-label': label, disabled, onclick }, icon(name));
  }

  draw();
  const caption = el(
    'div.table-caption',
    null,
    el('span', null, string(block.caption)),
    body.length > pageSize && search,
  );
  const table = el(
    'table.grid',
    { 'aria-label': string(block.caption) },
    el('thead', null, el('tr', null, headers)),
    tbody,
  );
  return el('div.data-table', null, caption, el('div.table-scroll', null, table), pager);
}

/** @param {Json | undefined} cell */
function cellKey(cell) {
  if (cell?.type === 'raw_number') return Number(cell.value);
  if (cell?.type === 'rich_text') return JSON.stringify(cell.elements ?? '');
  return string(cell?.text);
}

/**
 * @param {Json | undefined} a
 * @param {Json | undefined} b
 */
function compare(a, b) {
  const [left, right] = [cellKey(a), cellKey(b)];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left).localeCompare(String(right), undefined, { numeric: true });
}

// A small menu at a button: keyboard and click, closes itself, lives in the browser's top layer so that
// it also works above dialogs.

import { el } from '../dom.js';

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} [note]
 * @property {string} [value] For tests: becomes data-value.
 * @property {Node} [lead]
 * @property {boolean} [danger]
 * @property {boolean} [checked]
 * @property {() => void} run
 */

/**
 * @param {HTMLElement} anchor
 * @param {(MenuItem | 'line')[]} items
 * @param {{ title?: string }} [options]
 */
export function openMenu(anchor, items, { title } = {}) {
  const menu = el('div.menu', { popover: 'auto', role: 'menu' }, title && el('div.menu-title', null, title));
  for (const item of items) {
    if (item === 'line') {
      menu.append(el('div.menu-line', { role: 'separator' }));
      continue;
    }
    const run = () => {
      menu.hidePopover();
      item.run();
    };
    menu.append(
      el(
        item.danger ? 'button.menu-item.danger' : 'button.menu-item',
        {
          type: 'button',
          role: item.checked === undefined ? 'menuitem' : 'menuitemradio',
          'aria-checked': item.checked === undefined ? null : String(item.checked),
          data: { value: item.value },
          onclick: run,
        },
        item.lead,
        el('span.menu-label', null, item.label, item.note && el('span.menu-note', null, item.note)),
        item.checked && el('span.menu-check', { 'aria-hidden': 'true' }, '✓'),
      ),
    );
  }
  menu.addEventListener('keydown', (event) => moveFocus(menu, event));
  showAt(anchor, menu);
  const first = menu.querySelector('[aria-checked="true"]') ?? menu.querySelector('.menu-item');
  if (first instanceof HTMLElement) first.focus();
}

/**
 * Shows a popover beside its anchor, inside the window, and removes it once it is closed.
 * @param {HTMLElement} anchor
 * @param {HTMLElement} popover
 */
export function showAt(anchor, popover) {
  document.body.append(popover);
  popover.addEventListener('toggle', (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === 'open';
    anchor.setAttribute('aria-expanded', String(open));
    if (!open) popover.remove();
  });
  popover.showPopover();
  const gap = 6;
  const at = anchor.getBoundingClientRect();
  const box = popover.getBoundingClientRect();
  const below = at.bottom + gap + box.height <= innerHeight;
  const top = below ? at.bottom + gap : Math.max(gap, at.top - gap - box.height);
  const left = Math.min(
    Math.max(
      gap,
      at.right - box.width > gap && at.left + box.width > innerWidth - gap ? at.right - box.width : at.left,
    ),
    Math.max(gap, innerWidth - gap - box.width),
  );
  popover.style.top = `${top}px`;
  popover.style.left = `${left}px`;
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event
 */
function moveFocus(menu, event) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll('.menu-item')];
  const now = items.findIndex((item) => item === document.activeElement);
  const next = items[(now + step + items.length) % items.length];
  if (next instanceof HTMLElement) next.focus();
}

// Short notes at the top of the window: what went wrong, in one sentence.

import { el } from '../dom.js';

const SHOWN_MS = 6000;

/**
 * @param {string} text
 * @param {{ kind?: 'error' | 'info' }} [options]
 */
export function toast(text, { kind = 'info' } = {}) {
  const node = el(`div.toast.toast-${kind}`, { role: 'status', popover: 'manual' }, text);
  document.body.append(node);
  node.showPopover();
  const others = [...document.querySelectorAll('.toast')].filter((other) => other !== node);
  node.style.marginTop = `${others.length * 52}px`;
  node.addEventListener('click', () => node.remove());
  setTimeout(() => node.remove(), SHOWN_MS);
}

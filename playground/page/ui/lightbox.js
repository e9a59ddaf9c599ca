// A picture at full size above the page, with its neighbours in the same message one key away.

import { el } from '../dom.js';
import { icon } from '../icons.js';

/**
 * @param {{ src: string, alt: string }[]} pictures
 * @param {number} start
 */
export function openLightbox(pictures, start) {
  let at = Math.max(0, start);
  const img = /** @type {HTMLImageElement} */ (el('img'));
  const caption = el('figcaption');
  const node = /** @type {HTMLDialogElement} */ (el('dialog.lightbox', { 'aria-label': 'Picture' }));
  const show = (/** @type {number} */ index) => {
    at = (index + pictures.length) % pictures.length;
    const picture = pictures[at];
    if (!picture) return;
    img.src = picture.src;
    img.alt = picture.alt;
    caption.replaceChildren(
      el('span', null, picture.alt),
      pictures.length > 1 ? el('span.muted', null, `${at + 1} / ${pictures.length}`) : '',
      el('a', { href: picture.src, target: '_blank', rel: 'noopener' }, 'Open original'),
    );
  };
  const turn = (
    /** @type {'back' | 'right'} */ name,
    /** @type {number} */ by,
    /** @type {string} */ label,
  ) =>
    el(
      `button.icon-button.lightbox-${name}`,
      { type: 'button', 'aria-label': label, onclick: () => show(at + by) },
      icon(name),
    );
  node.append(
    el('figure', null, img, caption),
    el(
      'button.icon-button.lightbox-close',
      { type: 'button', 'aria-label': 'Close', onclick: () => node.close() },
      icon('close'),
    ),
    ...(pictures.length > 1 ? [turn('back', -1, 'Previous picture'), turn('right', 1, 'Next picture')] : []),
  );
  node.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowLeft') show(at - 1);
    if (event.key === 'ArrowRight') show(at + 1);
  });
  node.addEventListener('click', (event) => {
    if (event.target === node || (event.target instanceof HTMLElement && event.target.tagName === 'FIGURE'))
      node.close();
  });
  node.addEventListener('close', () => node.remove());
  show(at);
  document.body.append(node);
  node.showModal();
}

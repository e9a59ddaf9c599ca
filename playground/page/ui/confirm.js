// The question a button asks before it does something: title, text, two answers.

import { el } from '../dom.js';
import { mrkdwn, textInline } from '../text/mrkdwn.js';

/** @typedef {import('../text/inline.js').TextContext} TextContext */
/** @typedef {{ title?: any, text?: any, confirm?: any, deny?: any, style?: string }} ConfirmDialog */

/**
 * Resolves true when the person confirmed, false for no, Escape or a click outside.
 * @param {ConfirmDialog} dialog Slack's confirmation dialog object.
 * @param {TextContext} ctx
 * @returns {Promise<boolean>}
 */
export function askConfirm(dialog, ctx) {
  return new Promise((resolve) => {
    const node = /** @type {HTMLDialogElement} */ (
      el('dialog.dialog.confirm', { data: { dialog: 'confirm' } })
    );
    const answer = (/** @type {boolean} */ yes) => {
      resolve(yes);
      node.close();
    };
    const style = dialog.style === 'danger' ? '.btn-danger' : '.btn-primary';
    node.append(
      el('h2', null, textInline(dialog.title ?? 'Are you sure?', ctx)),
      el(
        'div.confirm-text.prose',
        null,
        typeof dialog.text === 'object' && dialog.text?.type === 'mrkdwn'
          ? mrkdwn(String(dialog.text.text), ctx)
          : textInline(dialog.text, ctx),
      ),
      el(
        'div.dialog-actions',
        null,
        el(
          'button.btn',
          { type: 'button', data: { answer: 'deny' }, onclick: () => answer(false) },
          textInline(dialog.deny ?? 'Cancel', ctx),
        ),
        el(
          `button.btn${style}`,
          { type: 'button', data: { answer: 'confirm' }, autofocus: true, onclick: () => answer(true) },
          textInline(dialog.confirm ?? 'Yes', ctx),
        ),
      ),
    );
    node.addEventListener('close', () => {
      resolve(false);
      node.remove();
    });
    node.addEventListener('click', (event) => {
      if (event.target === node) node.close();
    });
    document.body.append(node);
    node.showModal();
  });
}

// Modals: the top view of the app's stack, its form, its submission and the errors the app sends back.

import { renderBlocks } from '../blocks/render.js';
import { el } from '../dom.js';
import { icon } from '../icons.js';
import { textInline } from '../text/mrkdwn.js';
import { closeView, getViews, submitView } from './control-api.js';
import { checkForm } from './form-check.js';
import { forgetForm, formValues, notAcked, renderContext, report } from './page-context.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').View} View */

/** @param {Workspace} workspace */
export function createModals(workspace) {
  /** @type {HTMLDialogElement | null} */
  let dialog = null;
  let shown = '';
  /** Views whose forms are kept: a view below another one still has what was typed into it. */
  let known = new Set();

  async function refresh() {
    const person = workspace.meId;
    const stack = await getViews(person).catch(() => []);
    if (person !== workspace.meId) return;
    const open = new Set(stack.map((view) => view.id));
    for (const id of known) if (!open.has(id)) forgetForm(`view:${id}`);
    known = open;
    const top = stack.at(-1);
    if (!top) {
      shown = '';
      dialog?.close();
      dialog = null;
      return;
    }
    // Not its state: the server fills that in from our own form, and drawing anew would wipe its errors.
    const { id, title, submit, close, blocks } = top;
    const sig = JSON.stringify([id, title, submit, close, blocks, stack.length, person]);
    if (sig === shown) return;
    shown = sig;
    show(top, stack.length);
  }

  /**
   * @param {View} view
   * @param {number} depth
   */
  function show(view, depth) {
    const place = `view:${view.id}`;
    const ctx = renderContext(workspace, { surface: 'modal', place, target: { view_id: view.id } });
    const scrolled =
      dialog?.dataset.viewId === view.id ? (dialog.querySelector('.modal-body')?.scrollTop ?? 0) : 0;
    const body = el('div.modal-body', null, renderBlocks(view.blocks ?? [], ctx));
    const form = el(
      'form.modal-form',
      { novalidate: true },
      el(
        'header.modal-head',
        null,
        depth > 1 &&
          el(
            'button.icon-button',
            { type: 'button', 'aria-label': 'Back', onclick: () => leave(view) },
            icon('back'),
          ),
        el('h2', null, textInline(view.title, ctx)),
        el(
          'button.icon-button',
          { type: 'button', 'aria-label': 'Close', data: { modalClose: '' }, onclick: () => leave(view) },
          icon('close'),
        ),
      ),
      body,
      el('footer.modal-foot', null, closeButton(view), submitButton(view)),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit(view, place, form);
    });
    const node = dialog ?? makeDialog();
    node.dataset.viewId = view.id;
    node.dataset.callbackId = view.callback_id ?? '';
    node.classList.toggle('wide', body.querySelector('pre, table, .carousel') !== null);
    node.onclose = () => {
      if (dialog !== node) return;
      dialog = null;
      shown = '';
      void leave(view);
    };
    node.replaceChildren(form);
    if (!node.open) node.showModal();
    body.scrollTop = scrolled;
    const first = body.querySelector('[autofocus], .block-input :is(textarea, input, select)');
    if (first instanceof HTMLElement && scrolled === 0) first.focus({ preventScroll: true });
    else node.focus();
  }

  function makeDialog() {
    const node = /** @type {HTMLDialogElement} */ (
      el('dialog.dialog.modal', { data: { dialog: 'modal' }, tabindex: -1 })
    );
    node.addEventListener('close', () => node.remove());
    document.body.append(node);
    dialog = node;
    return node;
  }

  /** @param {View} view */
  function closeButton(view) {
    const label =
      view.close ??
      (view.submit ? { type: 'plain_text', text: 'Cancel' } : { type: 'plain_text', text: 'Close' });
    return el(
      'button.btn',
      { type: 'button', onclick: () => leave(view) },
      textInline(label, renderContextFor(view)),
    );
  }

  /** @param {View} view */
  function submitButton(view) {
    const hasInput = view.blocks?.some((block) => block.type === 'input');
    if (!view.submit && !hasInput) return null;
    return el(
      'button.btn.btn-primary',
      { type: 'submit', data: { modalSubmit: '' } },
      el(
        'span.btn-label',
        null,
        textInline(view.submit ?? { type: 'plain_text', text: 'Submit' }, renderContextFor(view)),
      ),
    );
  }

  /** @param {View} view */
  function renderContextFor(view) {
    return renderContext(workspace, {
      surface: 'modal',
      place: `view:${view.id}`,
      target: { view_id: view.id },
    });
  }

  /** @param {View} view */
  async function leave(view) {
    await closeView({ user: workspace.meId, view_id: view.id }).catch(() => null);
    await refresh();
  }

  /**
   * @param {View} view
   * @param {string} place
   * @param {HTMLElement} form
   */
  async function submit(view, place, form) {
    const button = form.querySelector('[data-modal-submit]');
    if (!button || button.classList.contains('is-busy')) return;
    const values = formValues(place);
    if (!showErrors(form, checkForm(view.blocks ?? [], values))) return;
    button.classList.add('is-busy');
    try {
      const answer = await submitView({ user: workspace.meId, view_id: view.id, values });
      if (answer.acked === false) notAcked(workspace);
      else if (answer.errors) showErrors(form, answer.errors);
      await refresh();
    } catch (error) {
      report(error);
    } finally {
      button.classList.remove('is-busy');
    }
  }

  return { refresh };
}

/**
 * Writes each error below its field; an error for a block that is not in the form is shown at the top.
 * @param {HTMLElement} form
 * @param {Record<string, string>} errors
 * @returns {boolean} true when there are none
 */
function showErrors(form, errors) {
  for (const slot of form.querySelectorAll('.field-error')) {
    const message = errors[/** @type {HTMLElement} */ (slot).dataset.errorFor ?? ''] ?? '';
    slot.textContent = message;
    slot.closest('.block-input')?.classList.toggle('has-error', message !== '');
  }
  const slots = [...form.querySelectorAll('.field-error')].map(
    (slot) => /** @type {HTMLElement} */ (slot).dataset.errorFor,
  );
  const homeless = Object.entries(errors).filter(([blockId]) => !slots.includes(blockId));
  if (homeless.length > 0) report(homeless.map(([blockId, text]) => `${blockId}: ${text}`).join('. '));
  form.querySelector('.has-error')?.scrollIntoView({ block: 'nearest' });
  return Object.keys(errors).length === 0;
}

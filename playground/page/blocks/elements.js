// Interactive elements by type. Buttons live here; choices and typed inputs have their own files.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { safeUrl } from '../text/entities.js';
import { textInline } from '../text/mrkdwn.js';
import { openMenu } from '../ui/menu.js';
import { renderMultiSelect, renderOptionList, renderSelect } from './choices.js';
import { interact, list, string } from './context.js';
import { renderTypedInput } from './inputs.js';
import { picture } from './media.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * How an element sits in its block: `dispatch` is false for the fields of a form, which speak only on submit.
 * @typedef {{ blockId: string, ctx: RenderContext, dispatch: boolean }} Place
 */

/** @type {Record<string, (element: Json, place: Place) => HTMLElement>} */
const ELEMENTS = {
  button: renderButton,
  workflow_button: renderButton,
  icon_button: renderIconButton,
  feedback_buttons: renderFeedback,
  overflow: renderOverflow,
  image: (element, { ctx }) => el('div.accessory-image', null, picture(element, ctx)),
  static_select: renderSelect,
  users_select: renderSelect,
  channels_select: renderSelect,
  conversations_select: renderSelect,
  multi_static_select: renderMultiSelect,
  multi_users_select: renderMultiSelect,
  multi_channels_select: renderMultiSelect,
  multi_conversations_select: renderMultiSelect,
  checkboxes: renderOptionList,
  radio_buttons: renderOptionList,
  plain_text_input: renderTypedInput,
  rich_text_input: renderTypedInput,
  email_text_input: renderTypedInput,
  url_text_input: renderTypedInput,
  number_input: renderTypedInput,
  datepicker: renderTypedInput,
  timepicker: renderTypedInput,
  datetimepicker: renderTypedInput,
};

/**
 * @param {Json} element
 * @param {string} blockId
 * @param {RenderContext} ctx
 * @param {{ dispatch?: boolean }} [options]
 * @returns {HTMLElement}
 */
export function renderElement(element, blockId, ctx, { dispatch = true } = {}) {
  const type = string(element?.type);
  const render = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined;
  if (!render) return el('span.unknown-block', null, `unknown element: ${type || 'none'}`);
  const node = render(element, { blockId, ctx, dispatch });
  const target = node.querySelector('[data-action-id]') ?? node;
  if (element.action_id && target instanceof HTMLElement) target.dataset.actionId = element.action_id;
  return node;
}

/**
 * @param {Json} element
 * @param {Place} place
 */
function renderButton(element, { blockId, ctx }) {
  const style = element.style === 'primary' || element.style === 'danger' ? `.btn-${element.style}` : '';
  const href = element.url ? safeUrl(string(element.url)) : null;
  const label = [
    el('span.btn-label', null, textInline(element.text, ctx)),
    href && el('span.btn-out', { 'aria-hidden': 'true' }, '↗'),
  ];
  const props = {
    'aria-label': element.accessibility_label,
    data: { actionId: string(element.action_id), value: element.value },
  };
  const click = () =>
    void interact(ctx, element, blockId, node, element.value === undefined ? {} : { value: element.value });
  const node = href
    ? el(
        `a.btn${style}`,
        { ...props, href, target: '_blank', rel: 'noopener noreferrer', onclick: click },
        label,
      )
    : el(`button.btn${style}`, { ...props, type: 'button', onclick: click }, label);
  return node;
}

/** @type {Record<string, 'trash' | 'pencil' | 'link' | 'info'>} */
const ICON_BUTTONS = { trash: 'trash', pencil: 'pencil', link: 'link' };

/**
 * @param {Json} element
 * @param {Place} place
 */
function renderIconButton(element, { blockId, ctx }) {
  const only = element.visible_to_user_ids;
  const hidden = Array.isArray(only) && only.length > 0 && !only.some((id) => ctx.isMe(String(id)));
  const label = string(element.accessibility_label) || string(element.text?.text);
  const click = () =>
    void interact(ctx, element, blockId, node, element.value === undefined ? {} : { value: element.value });
  const node = el(
    'button.icon-button',
    {
      type: 'button',
      title: label,
      'aria-label': label,
      hidden,
      data: { actionId: string(element.action_id) },
      onclick: click,
    },
    icon(ICON_BUTTONS[string(element.icon)] ?? 'info'),
  );
  return node;
}

/**
 * @param {Json} element
 * @param {Place} place
 */
function renderFeedback(element, { blockId, ctx }) {
  const button = (/** @type {Json | undefined} */ side, /** @type {'thumbUp' | 'thumbDown'} */ name) => {
    const label = string(side?.accessibility_label) || string(side?.text?.text);
    const node = el(
      'button.icon-button.feedback',
      {
        type: 'button',
        title: label,
        'aria-label': label,
        'aria-pressed': 'false',
        data: { actionId: string(element.action_id), value: side?.value },
      },
      icon(name),
    );
    node.addEventListener('click', async () => {
      if (!(await interact(ctx, element, blockId, node, { value: string(side?.value), text: side?.text })))
        return;
      for (const other of node.parentElement?.children ?? [])
        other.setAttribute('aria-pressed', String(other === node));
    });
    return node;
  };
  return el(
    'span.feedback-pair',
    null,
    button(element.positive_button, 'thumbUp'),
    button(element.negative_button, 'thumbDown'),
  );
}

/**
 * @param {Json} element
 * @param {Place} place
 */
function renderOverflow(element, { blockId, ctx }) {
  const node = el(
    'button.btn.btn-overflow',
    {
      type: 'button',
      'aria-label': 'More actions',
      'aria-haspopup': 'menu',
      data: { actionId: string(element.action_id) },
    },
    icon('more'),
  );
  node.addEventListener('click', () => {
    openMenu(
      node,
      list(element.options).map((option) => ({
        label: string(option.text?.text),
        note: string(option.description?.text),
        value: string(option.value),
        run: () => {
          const href = option.url ? safeUrl(string(option.url)) : null;
          if (href) window.open(href, '_blank', 'noopener');
          void interact(ctx, element, blockId, node, { selected_option: option });
        },
      })),
    );
  });
  return node;
}

// What the views share: the workspace, and the render contexts that connect blocks to the control API.

import { askConfirm } from '../ui/confirm.js';
import { openLightbox } from '../ui/lightbox.js';
import { toast } from '../ui/toast.js';
import * as control from './control-api.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('../blocks/context.js').RenderContext} RenderContext */
/** @typedef {import('../blocks/context.js').StateValue} StateValue */

/** Folds people opened or closed, for as long as the page lives. */
/** @type {Map<string, boolean>} */
const folds = new Map();

/** Values of inputs in messages and views: `place/block/action`. */
/** @type {Map<string, Map<string, StateValue>>} */
const forms = new Map();

/**
 * The values of every input of a place, as Slack puts them into view.state.values.
 * @param {string} place
 */
export function formValues(place) {
  /** @type {Record<string, Record<string, StateValue>>} */
  const values = {};
  for (const [key, value] of forms.get(place) ?? []) {
    const [blockId = '', actionId = ''] = JSON.parse(key);
    values[blockId] = { ...values[blockId], [actionId]: value };
  }
  return values;
}

/** @param {string} place */
export function forgetForm(place) {
  forms.delete(place);
}

/**
 * Names of people and channels for the text renderer.
 * @param {Workspace} workspace
 * @returns {import('../text/inline.js').TextContext}
 */
export function textContext(workspace) {
  return {
    userName: (id) => {
      const person = workspace.person(id);
      if (!person) return null;
      return person.is_bot || person.id === workspace.state.app.bot_user_id ? person.name : person.real_name;
    },
    channelName: (id) => {
      const channel = workspace.channel(id);
      return channel ? workspace.channelName(channel) : null;
    },
    isMe: (id) => id === workspace.meId,
  };
}

/**
 * @typedef {{ surface: 'message' | 'modal' | 'home', place: string, target: { channel?: string, ts?: string, view_id?: string } }} Surface
 */

/**
 * @param {Workspace} workspace
 * @param {Surface} surface
 * @returns {RenderContext}
 */
export function renderContext(workspace, { surface, place, target }) {
  const text = textContext(workspace);
  return {
    ...text,
    surface,
    people: () => workspace.humans().map(({ id, real_name }) => ({ id, name: real_name })),
    channels: () =>
      workspace
        .myChannels()
        .filter((channel) => !channel.is_im)
        .map(({ id, name }) => ({ id, name })),
    fileUrl: control.fileUrl,
    openImage,
    confirm: (dialog) => askConfirm(/** @type {any} */ (dialog), text),
    act: async (action) => {
      try {
        const answer = await control.sendAction({
          user: workspace.meId,
          ...target,
          ...action,
          ...{ state: { values: formValues(place) } },
        });
        if (!answer.acked) notAcked(workspace);
      } catch (error) {
        report(error);
      }
    },
    getValue: (blockId, actionId) => forms.get(place)?.get(JSON.stringify([blockId, actionId])),
    setValue: (blockId, actionId, value) => {
      const form = forms.get(place) ?? new Map();
      form.set(JSON.stringify([blockId, actionId]), value);
      forms.set(place, form);
    },
    isOpen: (key, fallback) => folds.get(`${place}/${key}`) ?? fallback,
    setOpen: (key, open) => folds.set(`${place}/${key}`, open),
  };
}

/** @param {Workspace} workspace */
export function notAcked(workspace) {
  const app = workspace.appName();
  const why = workspace.state.connected ? 'did not answer within 3 seconds' : 'is not connected';
  toast(`${app} ${why}, so nothing may have happened. Try again.`, { kind: 'error' });
}

/** @param {unknown} error */
export function report(error) {
  toast(error instanceof Error ? error.message : String(error), { kind: 'error' });
}

/**
 * Opens a picture among the others of its message.
 * @param {string} src
 * @param {string} alt
 */
export function openImage(src, alt) {
  const image =
    document.querySelector(`.picture img[src="${CSS.escape(src)}"]`) ??
    document.activeElement?.querySelector('img');
  const scope = image?.closest('.message, .dialog, .home, .gallery-item');
  const pictures = [...(scope?.querySelectorAll('.picture img') ?? [])].map((node) => ({
    src: node.getAttribute('src') ?? '',
    alt: node.getAttribute('alt') ?? '',
  }));
  const at = pictures.findIndex((picture) => picture.src === src);
  if (at < 0) openLightbox([{ src, alt }], 0);
  else openLightbox(pictures, at);
}

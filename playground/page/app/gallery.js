// The gallery: every message the server lists under /control/gallery, drawn with the page's own renderer,
// with its JSON below. Buttons say what they would send instead of sending it.

import { renderBlocks } from '../blocks/render.js';
import { el } from '../dom.js';
import { mrkdwn } from '../text/mrkdwn.js';
import { askConfirm } from '../ui/confirm.js';
import { toast } from '../ui/toast.js';
import { fileUrl, getState } from './control-api.js';
import { openImage } from './page-context.js';
import { applyTheme } from './topbar.js';

/** @typedef {import('../blocks/context.js').RenderContext} RenderContext */
/** @typedef {{ title: string, text?: string, surface?: string, blocks?: import('../blocks/context.js').Json[] }} Sample */

/** @returns {Promise<Sample[]>} */
async function getSamples() {
  const response = await fetch('/control/gallery').catch(() => null);
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  const samples = Array.isArray(answer) ? answer : answer?.samples;
  return Array.isArray(samples) ? samples : [];
}

/**
 * @param {Sample} sample
 * @param {Map<string, string>} names
 * @returns {RenderContext}
 */
function contextOf(sample, names) {
  /** @type {Map<string, import('../blocks/context.js').StateValue>} */
  const values = new Map();
  /** @type {Map<string, boolean>} */
  const open = new Map();
  const text = {
    userName: (/** @type {string} */ id) => names.get(id) ?? null,
    channelName: (/** @type {string} */ id) => names.get(id) ?? null,
    isMe: () => false,
  };
  return {
    ...text,
    surface: sample.surface === 'modal' || sample.surface === 'home' ? sample.surface : 'gallery',
    people: () => [],
    channels: () => [],
    fileUrl,
    openImage,
    confirm: (dialog) => askConfirm(/** @type {any} */ (dialog), text),
    act: async (action) => toast(`Would send: ${JSON.stringify(action)}`),
    getValue: (blockId, actionId) => values.get(`${blockId}/${actionId}`),
    setValue: (blockId, actionId, value) => values.set(`${blockId}/${actionId}`, value),
    isOpen: (key, fallback) => open.get(key) ?? fallback,
    setOpen: (key, value) => open.set(key, value),
  };
}

/**
 * @param {Sample} sample
 * @param {Map<string, string>} names
 */
function item(sample, names) {
  const ctx = contextOf(sample, names);
  const blocks = sample.blocks ?? [];
  const shown =
    blocks.length > 0 ? renderBlocks(blocks, ctx) : [el('div.prose', null, mrkdwn(sample.text ?? '', ctx))];
  return el(
    'section.gallery-item',
    { data: { title: sample.title } },
    el('h2', null, sample.title, el('span.badge', null, (sample.surface ?? 'message').toUpperCase())),
    el('div.gallery-sheet', null, shown),
    el(
      'details.gallery-source',
      null,
      el('summary', null, 'JSON'),
      el('pre.code', null, el('code', null, JSON.stringify(blocks, null, 2))),
    ),
  );
}

applyTheme();
const [samples, state] = await Promise.all([getSamples(), getState().catch(() => null)]);
const names = new Map([
  ...(state?.users ?? []).map((user) => /** @type {const} */ ([user.id, user.real_name])),
  ...(state?.channels ?? []).map((channel) => /** @type {const} */ ([channel.id, channel.name])),
]);
document.body.append(
  el(
    'main',
    null,
    el('h1', null, 'Block gallery'),
    el(
      'p.muted',
      null,
      samples.length > 0
        ? `${samples.length} samples`
        : 'There are no samples: this server lists none under /control/gallery.',
    ),
    samples.map((sample) => item(sample, names)),
  ),
);
document.body.dataset.ready = 'true';

// Pictures, files and videos in blocks. Only pictures on this machine are loaded.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { localImageUrl } from '../text/entities.js';
import { link } from '../text/inline.js';
import { textInline } from '../text/mrkdwn.js';
import { string } from './context.js';

/** @typedef {import('./context.js').RenderContext} RenderContext */
/** @typedef {import('./context.js').Json} Json */

/**
 * Where an image block or element can be loaded from, or null when it lies on another host.
 * @param {Json} image
 * @param {RenderContext} ctx
 */
export function imageSource(image, ctx) {
  const id =
    string(image.slack_file?.id) ||
    /\/files-pri\/(?:T\w+-)?(F\w+)\//.exec(string(image.slack_file?.url))?.[1];
  if (id) return ctx.fileUrl(id);
  return localImageUrl(string(image.image_url) || string(image.slack_file?.url));
}

/**
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderImage(block, ctx) {
  const title = block.title ? el('figcaption', null, textInline(block.title, ctx)) : null;
  return el('figure', null, title, picture(block, ctx));
}

/**
 * A picture that opens large, or a note that names what could not be shown.
 * @param {Json} image
 * @param {RenderContext} ctx
 */
export function picture(image, ctx) {
  const alt = string(image.alt_text);
  const source = imageSource(image, ctx);
  if (source === null) {
    const url = string(image.image_url);
    return el(
      'div.image-missing',
      null,
      icon('eye'),
      el('span', null, alt || 'Image', ' – on another host, not loaded. '),
      link(url, [document.createTextNode('Open')]),
    );
  }
  const img = el('img', { src: source, alt, loading: 'lazy' });
  const button = el(
    'button.picture',
    { type: 'button', title: alt, onclick: () => ctx.openImage(source, alt) },
    img,
  );
  // Two screens side by side in one picture: half a row would show neither.
  img.addEventListener('load', () => {
    const isWide = img instanceof HTMLImageElement && img.naturalWidth >= 2 * img.naturalHeight;
    button.closest('.block-image')?.classList.toggle('is-wide', isWide);
  });
  img.addEventListener('error', () => {
    button.replaceWith(
      el('div.image-missing', null, icon('warning'), `${alt || 'Image'} – could not be loaded`),
    );
  });
  return button;
}

/** @param {Json} block */
export function renderFile(block) {
  return el(
    'div.file-card',
    null,
    el('span.file-icon', null, icon('file')),
    el(
      'div',
      null,
      el('div.file-name', null, 'Remote file'),
      el('div.file-meta', null, string(block.external_id)),
    ),
  );
}

/**
 * A video is offered as a link: playing it would need another host.
 * @param {Json} block
 * @param {RenderContext} ctx
 */
export function renderVideo(block, ctx) {
  const url = string(block.title_url) || string(block.video_url);
  return el(
    'div.file-card',
    null,
    el('span.file-icon', null, '▶'),
    el(
      'div',
      null,
      el('div.file-name', null, link(url, textInline(block.title, ctx))),
      el(
        'div.file-meta',
        null,
        [string(block.author_name), string(block.provider_name)].filter(Boolean).join(' · '),
      ),
      block.description && el('div.file-meta', null, textInline(block.description, ctx)),
    ),
  );
}

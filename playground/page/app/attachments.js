// What hangs below a message's own content: classic attachments of other apps, and files.

import { list, string } from '../blocks/context.js';
import { renderElement } from '../blocks/elements.js';
import { picture } from '../blocks/media.js';
import { renderBlocks } from '../blocks/render.js';
import { el } from '../dom.js';
import { icon } from '../icons.js';
import { link } from '../text/inline.js';
import { mrkdwn, textInline } from '../text/mrkdwn.js';

/** @typedef {import('../blocks/context.js').RenderContext} RenderContext */
/** @typedef {import('../blocks/context.js').Json} Json */
/** @typedef {import('./control-api.js').SlackFile} SlackFile */
/** @typedef {import('./sync-list.js').ListItem} ListItem */

/** @type {Record<string, string>} Slack's named colours. */
const COLOURS = { good: '#2f8f5b', warning: '#d99a2b', danger: '#c8432f' };

/**
 * @param {Json[]} attachments
 * @param {RenderContext} ctx
 * @returns {ListItem[]}
 */
export function attachmentItems(attachments, ctx) {
  return attachments.map((attachment, index) => ({
    key: `a${index}`,
    sig: JSON.stringify(attachment),
    render: () => renderAttachment(attachment, ctx),
  }));
}

/**
 * @param {Json} attachment
 * @param {RenderContext} ctx
 */
function renderAttachment(attachment, ctx) {
  const given = string(attachment.color);
  const colour =
    COLOURS[given] ?? (/^#?[0-9a-f]{6}$/i.test(given) ? `#${given.replace('#', '')}` : 'var(--line-strong)');
  const text = { type: 'mrkdwn', text: string(attachment.text) };
  const title = textInline({ type: 'mrkdwn', text: string(attachment.title) }, ctx);
  const blocks = list(attachment.blocks);
  const fields = list(attachment.fields);
  const empty = !attachment.text && !attachment.title && blocks.length === 0 && fields.length === 0;
  return el(
    'div.attachment',
    { style: { '--bar': colour } },
    attachment.pretext && el('div.prose', null, mrkdwn(string(attachment.pretext), ctx)),
    attachment.author_name && el('div.attachment-author', null, string(attachment.author_name)),
    attachment.title &&
      el(
        'div.attachment-title',
        null,
        attachment.title_link ? link(string(attachment.title_link), title) : title,
      ),
    attachment.text && el('div.prose', null, mrkdwn(text.text, ctx)),
    empty && attachment.fallback && el('div.prose', null, mrkdwn(string(attachment.fallback), ctx)),
    fields.length > 0 &&
      el(
        'div.attachment-fields',
        null,
        fields.map((field) =>
          el(
            field.short ? 'div' : 'div.wide',
            null,
            el('strong', null, string(field.title)),
            el('div.prose', null, mrkdwn(String(field.value ?? ''), ctx)),
          ),
        ),
      ),
    blocks.length > 0 && renderBlocks(blocks, ctx),
    list(attachment.actions).length > 0 &&
      el(
        'div.block-actions',
        null,
        list(attachment.actions).map((action) =>
          renderElement({ ...action, text: { type: 'plain_text', text: string(action.text) } }, '', ctx),
        ),
      ),
    attachment.footer &&
      el('div.attachment-footer', null, textInline({ type: 'mrkdwn', text: string(attachment.footer) }, ctx)),
  );
}

/**
 * Pictures share one row; other files are cards.
 * @param {SlackFile[]} files
 * @param {RenderContext} ctx
 * @returns {ListItem[]}
 */
export function fileItems(files, ctx) {
  const pictures = files.filter((file) => /^image\/(png|jpe?g|gif|webp)$/.test(file.mimetype ?? ''));
  const others = files.filter((file) => !pictures.includes(file));
  /** @type {ListItem[]} */
  const items = others.map((file) => ({
    key: `f${file.id}`,
    sig: JSON.stringify(file),
    render: () => fileCard(file, ctx),
  }));
  if (pictures.length > 0) {
    items.push({
      key: 'pictures',
      sig: JSON.stringify(pictures),
      render: () =>
        el(
          'div.image-row',
          null,
          pictures.map((file) => filePicture(file, ctx)),
        ),
    });
  }
  return items;
}

/**
 * @param {SlackFile} file
 * @param {RenderContext} ctx
 */
function filePicture(file, ctx) {
  const name = file.title || file.name || 'Picture';
  return el(
    'figure.block.block-image',
    null,
    el('figcaption', null, name),
    picture({ slack_file: { id: file.id }, alt_text: file.alt_txt || name }, ctx),
  );
}

/**
 * @param {SlackFile} file
 * @param {RenderContext} ctx
 */
function fileCard(file, ctx) {
  return el(
    'a.file-card',
    { href: ctx.fileUrl(file.id), target: '_blank', rel: 'noopener', data: { fileId: file.id } },
    el('span.file-icon', null, icon('file')),
    el(
      'div',
      null,
      el('div.file-name', null, file.title || file.name || file.id),
      el(
        'div.file-meta',
        null,
        [file.mimetype, file.size === undefined ? '' : sizeText(file.size)].filter(Boolean).join(' · '),
      ),
    ),
  );
}

/** @param {number} sizeBytes */
export function sizeText(sizeBytes) {
  if (sizeBytes < 1024) return `${sizeBytes} B`;
  if (sizeBytes < 1024 * 1024) return `${(sizeBytes / 1024).toFixed(0)} KB`;
  return `${(sizeBytes / 1024 / 1024).toFixed(1)} MB`;
}

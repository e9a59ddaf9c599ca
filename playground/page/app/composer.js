// Where a person writes: Enter sends, Shift+Enter breaks the line, `@` completes names, files by paste,
// drop or button.

import { el } from '../dom.js';
import { icon } from '../icons.js';
import { emojiFor } from '../text/emoji.js';
import { sizeText } from './attachments.js';
import { createMentions } from './mentions.js';
import { report } from './page-context.js';
import { openPicker } from './reactions.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Upload} Upload */

/**
 * @typedef {object} ComposerOptions
 * @property {string} placeholder
 * @property {string} [text]
 * @property {boolean} [save] An edit: "Save" instead of sending, no files.
 * @property {() => void} [cancel]
 * @property {(draft: { text: string, files: Upload[] }) => Promise<void>} send May throw: the draft then stays.
 */

const MOST_UPLOAD_BYTES = 50 * 1024 * 1024;

/**
 * @param {Workspace} workspace
 * @param {ComposerOptions} options
 */
export function createComposer(workspace, { placeholder, text = '', save = false, cancel, send }) {
  /** @type {File[]} */
  let files = [];
  const area = /** @type {HTMLTextAreaElement} */ (
    el('textarea', { rows: 1, placeholder, 'aria-label': placeholder, data: { composer: '' } })
  );
  const shade = el('div.composer-shade', { 'aria-hidden': 'true' });
  const tray = el('div.composer-files');
  const picker = /** @type {HTMLInputElement} */ (
    el('input', { type: 'file', multiple: true, hidden: true })
  );
  const sendButton = /** @type {HTMLButtonElement} */ (
    save
      ? el('button.btn.btn-primary.btn-small', { type: 'button' }, 'Save')
      : el('button.send', { type: 'button', 'aria-label': 'Send', title: 'Send (Enter)' }, icon('up'))
  );
  const tools = save
    ? [el('button.btn.btn-small', { type: 'button', onclick: () => cancel?.() }, 'Cancel')]
    : [
        el(
          'button.icon-button',
          {
            type: 'button',
            title: 'Attach a file',
            'aria-label': 'Attach a file',
            onclick: () => picker.click(),
          },
          icon('attach'),
        ),
        el(
          'button.icon-button',
          {
            type: 'button',
            title: 'Emoji',
            'aria-label': 'Emoji',
            onclick: (/** @type {Event} */ event) =>
              openPicker(/** @type {HTMLElement} */ (event.currentTarget), (name) =>
                insert(emojiFor(name) ?? ''),
              ),
          },
          icon('smile'),
        ),
        el(
          'button.icon-button.at',
          {
            type: 'button',
            title: 'Mention somebody',
            'aria-label': 'Mention somebody',
            onclick: () => insert(/(^|\s)$/.test(area.value.slice(0, area.selectionStart)) ? '@' : ' @'),
          },
          '@',
        ),
      ];
  const node = el(
    save ? 'div.composer.composer-edit' : 'div.composer',
    null,
    tray,
    el('div.composer-text', null, shade, area),
    el(
      'div.composer-bar',
      null,
      tools,
      el('span.composer-hint', null, save ? 'Escape to cancel' : 'Shift + Enter for a new line'),
      sendButton,
    ),
    picker,
  );
  const mentions = createMentions(workspace, area, node, changed);

  function changed() {
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, Math.max(140, innerHeight * 0.4))}px`;
    shade.replaceChildren(...shadeParts(workspace, area.value));
    sendButton.disabled = area.value.trim() === '' && files.length === 0;
    mentions.update();
  }

  /** @param {string} what */
  function insert(what) {
    area.focus();
    area.setRangeText(what, area.selectionStart, area.selectionEnd, 'end');
    changed();
  }

  async function submit() {
    const draft = area.value.trim();
    if (draft === '' && files.length === 0) return;
    const sent = files;
    area.value = '';
    files = [];
    changed();
    drawFiles();
    try {
      await send({ text: draft, files: await Promise.all(sent.map(upload)) });
    } catch (error) {
      if (area.value === '') area.value = draft;
      files = [...sent, ...files];
      changed();
      drawFiles();
      report(error);
    }
  }

  /** @param {Iterable<File>} added */
  function addFiles(added) {
    if (save) return;
    for (const file of added) {
      if (file.size > MOST_UPLOAD_BYTES)
        report(
          `${file.name} is ${sizeText(file.size)}; at most ${sizeText(MOST_UPLOAD_BYTES)} can be attached.`,
        );
      else files.push(file);
    }
    drawFiles();
    changed();
    area.focus();
  }

  function drawFiles() {
    tray.replaceChildren(
      ...files.map((file) => {
        const drop = () => {
          files = files.filter((other) => other !== file);
          drawFiles();
          changed();
        };
        return el(
          'span.composer-file',
          null,
          file.type.startsWith('image/')
            ? el('img', { src: URL.createObjectURL(file), alt: '' })
            : icon('file'),
          el('span', null, file.name, el('span.muted', null, sizeText(file.size))),
          el(
            'button.icon-button',
            { type: 'button', 'aria-label': `Remove ${file.name}`, onclick: drop },
            icon('close'),
          ),
        );
      }),
    );
  }

  area.addEventListener('input', changed);
  area.addEventListener('scroll', () => {
    shade.scrollTop = area.scrollTop;
  });
  area.addEventListener('keydown', (event) => {
    if (mentions.key(event) || event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void submit();
    }
    if (event.key === 'Escape' && cancel) cancel();
  });
  area.addEventListener('paste', (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    addFiles(pasted);
  });
  node.addEventListener('dragover', (event) => {
    event.preventDefault();
    node.classList.add('dropping');
  });
  node.addEventListener('dragleave', () => node.classList.remove('dropping'));
  node.addEventListener('drop', (event) => {
    event.preventDefault();
    node.classList.remove('dropping');
    addFiles(event.dataTransfer?.files ?? []);
  });
  picker.addEventListener('change', () => {
    addFiles(picker.files ?? []);
    picker.value = '';
  });
  sendButton.addEventListener('click', () => void submit());
  area.value = text;
  queueMicrotask(changed);
  return {
    node,
    focus: () => {
      area.focus();
      area.setSelectionRange(area.value.length, area.value.length);
      changed();
    },
  };
}

/**
 * The text again behind the field, with known names shaded: a textarea cannot colour its own words.
 * @param {Workspace} workspace
 * @param {string} text
 */
function shadeParts(workspace, text) {
  const names = new Set(workspace.state.users.map((user) => user.name));
  return `${text}\n`
    .split(/(@[\w.-]+)/)
    .map((part) =>
      part.startsWith('@') && names.has(part.slice(1))
        ? el('mark', null, part)
        : document.createTextNode(part),
    );
}

/**
 * @param {File} file
 * @returns {Promise<Upload>}
 */
async function upload(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 32_768)
    binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return {
    name: file.name || 'pasted.png',
    mimetype: file.type || 'application/octet-stream',
    content_base64: btoa(binary),
  };
}

// Faces: initials on a colour for people, the forge mark for the app, a letter for other apps.

import { el } from '../dom.js';
import { emojiFor } from '../text/emoji.js';
import { localImageUrl } from '../text/entities.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./control-api.js').Message} Message */
/** @typedef {import('./control-api.js').Person} Person */

const COLOURS = ['#b4532a', '#2f6f5e', '#3c5a99', '#8a4f7d', '#7a6a1f', '#a23b4a', '#4b6b2f', '#5d4fa1'];

/** @param {string} name */
function initials(name) {
  const words = name
    .replace(/[^\p{L}\p{N} ]/gu, ' ')
    .trim()
    .split(/\s+/);
  return ((words[0]?.[0] ?? '?') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase();
}

/** @param {string} seed */
function colourOf(seed) {
  let sum = 0;
  for (const char of seed) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}

/**
 * @param {Workspace} workspace
 * @param {Person | null} person
 * @param {string} [size] small | tiny
 */
export function avatar(workspace, person, size = '') {
  const className = size ? `span.avatar.avatar-${size}` : 'span.avatar';
  if (person && person.id === workspace.state.app.bot_user_id) return appAvatar(workspace, size);
  const name = person?.real_name || person?.name || '?';
  const colour = /^#[0-9a-f]{3,8}$/i.test(person?.avatar_color ?? '') ? person?.avatar_color : colourOf(name);
  const letters = size === 'tiny' ? initials(name).slice(0, 1) : initials(name);
  return el(className, { style: { '--avatar': colour }, 'aria-hidden': 'true' }, letters);
}

/**
 * @param {Workspace} workspace
 * @param {string} [size]
 */
export function appAvatar(workspace, size = '') {
  const className = size ? `span.avatar.avatar-app.avatar-${size}` : 'span.avatar.avatar-app';
  const given = workspace.state.app.icon ?? '';
  const source = /^(\/|https?:|data:)/.test(given) ? localImageUrl(given) : '/icons/threadsmith.svg';
  return el(
    className,
    { 'aria-hidden': 'true' },
    el('img', { src: source ?? '/icons/threadsmith.svg', alt: '' }),
  );
}

/**
 * Who wrote a message: the name to show, the face, and whether it is an app.
 * @param {Workspace} workspace
 * @param {Message} message
 */
export function author(workspace, message) {
  const person = workspace.person(message.user);
  const ours = message.user === workspace.state.app.bot_user_id;
  if (ours) return { name: workspace.appName(), isApp: true, face: appAvatar(workspace) };
  if (message.bot_id || message.subtype === 'bot_message' || person?.is_bot) {
    const name = message.username || person?.real_name || 'App';
    const glyph = emojiFor((message.icons?.emoji ?? '').replaceAll(':', ''));
    const face = el(
      'span.avatar.avatar-bot',
      { style: { '--avatar': colourOf(name) }, 'aria-hidden': 'true' },
      glyph ?? initials(name),
    );
    return { name, isApp: true, face };
  }
  return {
    name: person?.real_name || message.username || message.user || 'Unknown',
    isApp: false,
    face: avatar(workspace, person),
  };
}

// The list that opens when a person types `@` in a composer.

import { el } from '../dom.js';
import { avatar } from './avatar.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */

const MOST_SHOWN = 7;

/**
 * @param {Workspace} workspace
 * @param {HTMLTextAreaElement} area
 * @param {HTMLElement} host The list is placed above this element.
 * @param {() => void} changed Called after a name was put into the text.
 */
export function createMentions(workspace, area, host, changed) {
  const box = el('div.mentions', { role: 'listbox', 'aria-label': 'People', hidden: true });
  host.append(box);
  let at = 0;
  /** @type {import('./control-api.js').Person[]} */
  let found = [];

  /** The letters after the `@` before the caret, or null when the caret is not in a mention. */
  function typed() {
    const before = area.value.slice(0, area.selectionStart);
    return /(?:^|[\s(])@([\w.-]{0,30})$/.exec(before)?.[1]?.toLowerCase() ?? null;
  }

  function update() {
    const wanted = document.activeElement === area ? typed() : null;
    found = wanted === null ? [] : candidates(wanted);
    at = Math.min(at, Math.max(0, found.length - 1));
    box.hidden = found.length === 0;
    box.replaceChildren(
      ...found.map((person, index) =>
        el(
          'div.mention-option',
          {
            role: 'option',
            'aria-selected': String(index === at),
            data: { mention: person.name },
            onmousedown: (/** @type {Event} */ event) => {
              event.preventDefault();
              take(person.name);
            },
          },
          avatar(workspace, person, 'small'),
          el('strong', null, person.real_name),
          el('span.muted', null, `@${person.name}`),
          person.is_bot && el('span.badge', null, 'APP'),
          person.title && el('span.muted.mention-title', null, person.title),
        ),
      ),
    );
  }

  /** @param {string} wanted */
  function candidates(wanted) {
    const bot = workspace.state.app.bot_user_id;
    const others = workspace.state.users.filter((user) => user.id !== workspace.meId);
    const fits = others.filter((user) =>
      [user.name, ...user.real_name.split(' ')].some((name) => name.toLowerCase().startsWith(wanted)),
    );
    return fits.sort((a, b) => Number(b.id === bot) - Number(a.id === bot)).slice(0, MOST_SHOWN);
  }

  /** @param {string} name */
  function take(name) {
    const wanted = typed() ?? '';
    const end = area.selectionStart;
    area.setRangeText(`@${name} `, end - wanted.length - 1, end, 'end');
    at = 0;
    changed();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} true when the key belonged to the list
   */
  function key(event) {
    if (box.hidden) return false;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) at = (at + step + found.length) % found.length;
    else if (event.key === 'Escape') found = [];
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      const person = found[at];
      event.preventDefault();
      if (person) take(person.name);
      return true;
    } else return false;
    event.preventDefault();
    if (found.length === 0) box.hidden = true;
    else update();
    return true;
  }

  area.addEventListener('blur', () => {
    box.hidden = true;
  });
  return { update, key };
}

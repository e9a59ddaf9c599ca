// Blocks of code; a diff gets its added and removed lines coloured.

import { el } from '../dom.js';

/**
 * True for text that is a unified diff, or reads like one: it has added and removed lines and hardly
 * anything else. A bullet list in a fence has only one of the two.
 * @param {string} text
 */
export function looksLikeDiff(text) {
  if (/^@@ .*@@/m.test(text) || /^diff --git /m.test(text)) return true;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const added = lines.filter((line) => line.startsWith('+')).length;
  const removed = lines.filter((line) => line.startsWith('-')).length;
  return added > 0 && removed > 0 && lines.every((line) => /^[+\- ]/.test(line));
}

/** @param {string} line */
function kindOf(line) {
  if (/^(diff --git|index |\+\+\+ |--- |new file|deleted file|rename |similarity |Binary files)/.test(line))
    return 'meta';
  if (line.startsWith('@@')) return 'hunk';
  if (line.startsWith('+')) return 'add';
  if (line.startsWith('-')) return 'del';
  return 'same';
}

/**
 * @param {string} text
 * @param {string} [lang]
 */
export function codeBlock(text, lang) {
  const trimmed = text.replace(/\n$/, '');
  if (lang !== 'diff' && !looksLikeDiff(trimmed)) {
    return el('pre.code', { data: { lang }, tabindex: 0 }, el('code', null, trimmed));
  }
  const lines = trimmed.split('\n');
  return el(
    'pre.code.diff',
    { data: { lang: 'diff' }, tabindex: 0 },
    el(
      'code',
      null,
      lines.map((line) => el(`span.diff-line.diff-${kindOf(line)}`, null, `${line}\n`)),
    ),
  );
}

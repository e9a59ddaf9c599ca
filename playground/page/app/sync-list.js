// Brings a container's children in line with a list: same key and same signature keeps the node, so that
// a running animation, an open fold or a half-read table survives an update of its neighbours.

/**
 * @typedef {object} ListItem
 * @property {string} key
 * @property {string} sig What the node shows; a different one means the node must change.
 * @property {() => HTMLElement} render
 * @property {(node: HTMLElement) => void} [update] Changes the node in place instead of rendering anew.
 */

/** @type {WeakMap<Node, { key: string, sig: string }>} */
const known = new WeakMap();

/**
 * @param {HTMLElement} container
 * @param {ListItem[]} items
 */
export function syncList(container, items) {
  /** @type {Map<string, HTMLElement>} */
  const byKey = new Map();
  for (const child of [...container.children]) {
    const mark = known.get(child);
    if (mark && child instanceof HTMLElement) byKey.set(mark.key, child);
    else child.remove();
  }
  let cursor = container.firstElementChild;
  for (const item of items) {
    const old = byKey.get(item.key);
    const node = fresh(old, item);
    if (old && old !== node) {
      if (cursor === old) cursor = old.nextElementSibling;
      old.remove();
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else container.insertBefore(node, cursor);
    byKey.delete(item.key);
  }
  for (const left of byKey.values()) left.remove();
}

/**
 * @param {HTMLElement | undefined} node
 * @param {ListItem} item
 */
function fresh(node, item) {
  const mark = node && known.get(node);
  if (node && mark?.sig === item.sig) return node;
  if (node && item.update) {
    item.update(node);
    known.set(node, { key: item.key, sig: item.sig });
    return node;
  }
  const made = item.render();
  known.set(made, { key: item.key, sig: item.sig });
  return made;
}

// The one way this page makes DOM: nodes built from values, so that text from an app or a person can
// never become markup. Nothing in the page assigns innerHTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Makes an element from 'tag.class.class'. Props that start with `on` are listeners, `data` fills
 * data attributes, `style` sets CSS properties, everything else becomes an attribute; null, undefined
 * and false leave the attribute out.
 * @param {string} spec
 * @param {Record<string, unknown> | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(spec, props, ...children) {
  const [tag = 'div', ...classes] = spec.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length > 0) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(props ?? {})) setProp(node, name, value);
  append(node, children);
  return node;
}

/**
 * @param {Node} parent
 * @param {(Child | Child[])[]} children
 */
export function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * @param {HTMLElement} node
 * @param {string} name
 * @param {unknown} value
 */
function setProp(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on') && typeof value === 'function') {
    node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  } else if (name === 'data') {
    for (const [key, item] of Object.entries(/** @type {object} */ (value))) {
      if (item !== undefined && item !== null) node.dataset[key] = String(item);
    }
  } else if (name === 'style') {
    for (const [key, item] of Object.entries(/** @type {object} */ (value))) {
      node.style.setProperty(key, String(item));
    }
  } else if (name === 'class') {
    for (const item of String(value).split(' ')) if (item) node.classList.add(item);
  } else {
    node.setAttribute(name, value === true ? '' : String(value));
  }
}

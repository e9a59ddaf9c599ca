// What a drawn sample looks like, in words that no font changes: its elements with their classes, colours and text,
// and what of it sticks out, overlaps or cannot be seen. Runs inside the page.

/** Of each sample its title and the outline of its sheet: a line for each element. */
export function outlinesOf(items: readonly Element[]): [string, string][] {
  const TEXT_MAX = 90;
  const LINES_MAX = 160;
  const lines: string[] = [];
  const hex = (colour: string): string => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
    if (alpha === 0) return '';
    return `#${[red, green, blue].map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
  };
  const walk = (element: Element, depth: number): void => {
    const style = getComputedStyle(element);
    if (style.display === 'none' || style.visibility === 'hidden') return;
    const parent = element.parentElement;
    const above = parent === null ? null : getComputedStyle(parent);
    const own = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent ?? '')
      .join('')
      .replace(/\s+/g, ' ')
      .trim();
    const looks = [
      style.color === above?.color ? '' : hex(style.color),
      hex(style.backgroundColor) === '' ? '' : `on ${hex(style.backgroundColor)}`,
      style.fontWeight === above?.fontWeight ? '' : `weight ${style.fontWeight}`,
      style.textDecorationLine === 'none' ? '' : style.textDecorationLine,
      element.hasAttribute('disabled') ? 'disabled' : '',
    ].filter((part) => part !== '');
    const name = [element.tagName.toLowerCase(), ...element.classList].join('.');
    const label = element.getAttribute('alt') ?? element.getAttribute('aria-label') ?? '';
    const said = [own, label === '' ? '' : `[${label}]`].filter((part) => part !== '').join(' ');
    const shown = said.length > TEXT_MAX ? `${said.slice(0, TEXT_MAX)}…` : said;
    lines.push(
      `${'  '.repeat(depth)}${name}${looks.length > 0 ? ` {${looks.join(' ')}}` : ''}${shown === '' ? '' : ` ${shown}`}`,
    );
    if (element.tagName.toLowerCase() === 'svg') return;
    for (const child of element.children) walk(child, depth + 1);
  };
  return items.map((item) => {
    lines.length = 0;
    for (const child of item.querySelector('.gallery-sheet')?.children ?? []) walk(child, 0);
    const rest = lines.length - LINES_MAX;
    const shown = [...lines.slice(0, LINES_MAX), ...(rest > 0 ? [`… ${rest} more lines`] : [])];
    return [item.getAttribute('data-title') ?? '', shown.join('\n')];
  });
}

/** Of each sample its title and what is wrong with its layout: nothing, where somebody can read and click it. */
export function faultsOf(items: readonly Element[]): [string, string[]][] {
  const nameOf = (element: Element) =>
    `${[element.tagName.toLowerCase(), ...element.classList].join('.')} “${(element.textContent ?? '').trim().slice(0, 30)}”`;
  const scrolls = (element: Element, root: Element): boolean => {
    for (let above: Element | null = element; above !== null && above !== root; above = above.parentElement)
      if (getComputedStyle(above).overflowX !== 'visible') return true;
    return false;
  };
  return items.map((item) => {
    const faults: string[] = [];
    const root = item.querySelector('.gallery-sheet') ?? item;
    const frame = root.getBoundingClientRect();
    for (const element of root.querySelectorAll('*')) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 && box.height === 0) continue;
      if (box.right > frame.right + 1 && !scrolls(element, root))
        faults.push(`sticks out: ${nameOf(element)}`);
    }
    const controls = [...root.querySelectorAll('button, select, input, textarea, a, img')];
    const boxes = controls.map((element) => ({ element, box: element.getBoundingClientRect() }));
    for (const { element, box } of boxes)
      if (box.width < 4 || box.height < 4) faults.push(`cannot be seen: ${nameOf(element)}`);
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
        const across =
          Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left) > 2 &&
          Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top) > 2;
        const inline = one.element.tagName === 'A' || other.element.tagName === 'A';
        if (across && !inline) faults.push(`overlap: ${nameOf(one.element)} and ${nameOf(other.element)}`);
      }
    }
    return [item.getAttribute('data-title') ?? '', faults];
  });
}

// The page's own line icons, drawn from path data so that they take the colour of the text around them.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * A stroked icon of our own from path data, 20×20, coloured by the text colour.
 * @param {keyof typeof PATHS} name
 * @param {string} [className]
 */
export function icon(name, className) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', className ? `icon ${className}` : 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of PATHS[name].split('|')) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.appendChild(path);
  }
  return svg;
}

/** Path data of the icons; `|` separates paths. */
const PATHS = {
  chevron: 'M6 8l4 4 4-4',
  right: 'M8 6l4 4-4 4',
  back: 'M12 5l-5 5 5 5',
  close: 'M5.5 5.5l9 9|M14.5 5.5l-9 9',
  more: 'M5 10h.01|M10 10h.01|M15 10h.01',
  reply: 'M4 5.5h12v8h-6.5L6 16.5v-3H4z',
  smile: 'M10 17a7 7 0 100-14 7 7 0 000 14z|M7 11.5c.7 1.3 1.7 2 3 2s2.3-.7 3-2|M7.8 8h.01|M12.2 8h.01',
  send: 'M4 10h10|M10 5.5l4.5 4.5-4.5 4.5',
  attach: 'M13.5 8.5l-4.6 4.6a2 2 0 01-2.8-2.8l5.3-5.3a3.3 3.3 0 014.7 4.7l-5.4 5.4',
  check: 'M5 10.5l3.3 3.3L15 7',
  search: 'M9 14.5a5.5 5.5 0 100-11 5.5 5.5 0 000 11z|M13 13l3.5 3.5',
  link: 'M8.5 11.5l3-3|M9.5 6.5l1.7-1.7a3 3 0 014.2 4.2L13.7 10.7|M10.5 13.5l-1.7 1.7a3 3 0 01-4.2-4.2L6.3 9.3',
  pencil: 'M4.5 15.5l.6-3L13 4.6l2.4 2.4-7.9 7.9z',
  trash: 'M4.5 6h11|M8 6V4.5h4V6|M6 6l.6 9.5h6.8L14 6',
  eye: 'M2.5 10S5.5 5 10 5s7.5 5 7.5 5-3 5-7.5 5-7.5-5-7.5-5z|M10 12a2 2 0 100-4 2 2 0 000 4z',
  sun: 'M10 13a3 3 0 100-6 3 3 0 000 6z|M10 3v1|M10 16v1|M3 10h1|M16 10h1|M5 5l.7.7|M14.3 14.3l.7.7|M5 15l.7-.7|M14.3 5.7L15 5',
  moon: 'M15.5 11.8A6 6 0 018.2 4.5a6 6 0 107.3 7.3z',
  file: 'M6 3.5h5l3.5 3.5v9.5H6z|M11 3.5V7h3.5',
  bolt: 'M11 3L5 11h4l-1 6 6-8h-4z',
  up: 'M10 15V5|M6 9l4-4 4 4',
  down: 'M10 5v10|M6 11l4 4 4-4',
  home: 'M4 9l6-5 6 5v7h-4v-4H8v4H4z',
  warning: 'M10 4l7 12H3z|M10 9v3|M10 14h.01',
  info: 'M10 17a7 7 0 100-14 7 7 0 000 14z|M10 9.5V13|M10 7h.01',
  lock: 'M5.5 9h9v7h-9z|M7.5 9V6.5a2.5 2.5 0 015 0V9',
  plus: 'M10 4.5v11|M4.5 10h11',
  thumbUp: 'M4 9h2.5v7H4z|M6.5 9l3-5.5c1.2 0 1.7.9 1.5 2L10.5 8H15l-1 8H6.5',
  thumbDown: 'M4 4h2.5v7H4z|M6.5 11l3 5.5c1.2 0 1.7-.9 1.5-2l-.5-2.5H15l-1-8H6.5',
};

// Gathers the changed pixels of a picture into a few boxes that a person can look at.
import type { Box } from '../../core/page.ts';

/** The side of a cell. Changed cells within NEAR_CELLS of each other make one box. */
const CELL_PX = 8;
const NEAR_CELLS = 3;
const MAX_REGIONS = 8;

/** The boxes around the marked pixels, the largest first. Calls `isMarked` once per pixel. */
export function regionsOf(width: number, height: number, isMarked: (index: number) => boolean): Box[] {
  const columns = Math.ceil(width / CELL_PX);
  const rows = Math.ceil(height / CELL_PX);
  const open = new Uint8Array(columns * rows);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor(y / CELL_PX) * columns;
    for (let x = 0; x < width; x += 1) if (isMarked(y * width + x)) open[row + Math.floor(x / CELL_PX)] = 1;
  }
  const boxes: Box[] = [];
  for (let cell = 0; cell < open.length; cell += 1) {
    if (open[cell] !== 1) continue;
    const { left, top, right, bottom } = gather(open, columns, rows, cell);
    const [x, y] = [left * CELL_PX, top * CELL_PX];
    boxes.push({
      x,
      y,
      width: Math.min(width, (right + 1) * CELL_PX) - x,
      height: Math.min(height, (bottom + 1) * CELL_PX) - y,
    });
  }
  return boxes.sort((a, b) => b.width * b.height - a.width * a.height).slice(0, MAX_REGIONS);
}

/** The smallest box around all boxes. */
export function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}

/** Removes a cell and all cells connected with it from `open`, and returns their extent. */
function gather(open: Uint8Array, columns: number, rows: number, first: number) {
  const extent = { left: columns, top: rows, right: 0, bottom: 0 };
  const waiting = [first];
  open[first] = 0;
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    const [column, row] = [cell % columns, Math.floor(cell / columns)];
    extent.left = Math.min(extent.left, column);
    extent.right = Math.max(extent.right, column);
    extent.top = Math.min(extent.top, row);
    extent.bottom = Math.max(extent.bottom, row);
    for (let y = Math.max(0, row - NEAR_CELLS); y <= Math.min(rows - 1, row + NEAR_CELLS); y += 1) {
      for (
        let x = Math.max(0, column - NEAR_CELLS);
        x <= Math.min(columns - 1, column + NEAR_CELLS);
        x += 1
      ) {
        const near = y * columns + x;
        if (open[near] !== 1) continue;
        open[near] = 0;
        waiting.push(near);
      }
    }
  }
  return extent;
}

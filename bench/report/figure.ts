// A figure of a benchmark, as one JSON line: easy to keep, to compare and to plot.

export interface Figure {
  /** `room.what`, stable over time. */
  readonly name: string;
  readonly value: number;
  readonly unit: 'ratio' | 'count' | 'ms' | 'MB' | 'tokens';
  /** What the figure is held against: a target that it must reach, or the same done in a plainer way. */
  readonly baseline: number;
}

/** Writes the figure to standard output. */
export function print(figure: Figure): void {
  const { name, unit } = figure;
  const value = Number(figure.value.toFixed(4));
  const baseline = Number(figure.baseline.toFixed(4));
  process.stdout.write(`${JSON.stringify({ name, value, unit, baseline })}\n`);
}

// A bound on use that lets commands run above it as long as they add nothing, because cleaning up takes commands.

/** Decides after each measurement whether what grows has to be stopped. */
export class Bound {
  private readonly limit: number;
  private readonly slack: number;
  /** The least that was measured since the limit was passed; null below the limit. */
  private low: number | null = null;

  /** Above `limit` nothing may grow by more than `slack`. */
  constructor(limit: number, slack: number) {
    this.limit = limit;
    this.slack = slack;
  }

  /** The largest measurement that stops nothing. */
  get ceiling(): number {
    return this.low === null ? this.limit : this.low + this.slack;
  }

  /** Takes a measurement; false where everything that runs has to be stopped. */
  holds(measured: number): boolean {
    if (measured > this.ceiling) return false;
    this.low = measured > this.limit ? Math.min(measured, this.low ?? measured) : null;
    return true;
  }

  /** Takes the measurement after everything was stopped: the next command starts from there. */
  settle(left: number): void {
    this.low = left > this.limit ? left : null;
  }
}

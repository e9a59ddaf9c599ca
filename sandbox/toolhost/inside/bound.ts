// A bound that leaves a way back: who is over it has to be able to clean up, which takes commands that run.

/** Says of what is measured again and again whether it has to be stopped. */
export class Bound {
  private readonly limit: number;
  private readonly slack: number;
  /** The least that was measured since the bound was passed; null where it is kept. */
  private low: number | null = null;

  /** Above `limit` nothing may grow by more than `slack`. */
  constructor(limit: number, slack: number) {
    this.limit = limit;
    this.slack = slack;
  }

  /** What may be measured without anything being stopped. */
  get ceiling(): number {
    return this.low === null ? this.limit : this.low + this.slack;
  }

  /** Whether it may go on with this much there. */
  holds(measured: number): boolean {
    if (measured > this.ceiling) return false;
    this.low = measured > this.limit ? Math.min(measured, this.low ?? measured) : null;
    return true;
  }

  /** What was left once everything had been stopped: the next command starts from there. */
  settle(left: number): void {
    this.low = left > this.limit ? left : null;
  }
}

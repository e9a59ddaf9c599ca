// Every wait of the server goes through here, so that closing it leaves no timer behind and tests can run
// Slack's minutes in milliseconds.

export class Timers {
  /** What Slack's waits are multiplied by: 1 is real time, 0.01 a hundred times faster. */
  readonly timeScale: number;
  readonly #open = new Map<NodeJS.Timeout, (() => void) | undefined>();
  #closed = false;

  constructor(timeScale: number) {
    this.timeScale = timeScale;
  }

  scaled(ms: number): number {
    return ms * this.timeScale;
  }

  /** Runs `work` once after `ms` of real time unless cancelled or closed first. */
  after(ms: number, work: () => void): () => void {
    if (this.#closed) return () => {};
    const timer = setTimeout(() => {
      this.#open.delete(timer);
      work();
    }, ms);
    this.#open.set(timer, undefined);
    return () => {
      clearTimeout(timer);
      this.#open.delete(timer);
    };
  }

  /** Resolves after `ms` of real time, or at once when the server closes. */
  sleep(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#open.delete(timer);
        resolve();
      }, ms);
      this.#open.set(timer, resolve);
    });
  }

  close(): void {
    this.#closed = true;
    for (const [timer, wake] of this.#open) {
      clearTimeout(timer);
      wake?.();
    }
    this.#open.clear();
  }
}

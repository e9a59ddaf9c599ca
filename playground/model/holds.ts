// Answers that are held back until a test lets them go on: a moment of a turn lasts as long as somebody looks at it.

/** Names that were let go on, and what waits for the others. */
export class Holds {
  readonly #released = new Set<string>();
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  /** Resolves once the name was let go on, at once where it was before. */
  passed(name: string): Promise<void> {
    if (this.#released.has(name)) return Promise.resolve();
    const waiting = this.#waiting.get(name) ?? Promise.withResolvers<void>();
    this.#waiting.set(name, waiting);
    return waiting.promise;
  }

  /** Lets everything of this name go on, what comes later too. */
  release(name: string): void {
    this.#released.add(name);
    this.#waiting.get(name)?.resolve();
    this.#waiting.delete(name);
  }

  /** Forgets what was let go on. What waits goes on. */
  clear(): void {
    for (const { resolve } of this.#waiting.values()) resolve();
    this.#waiting.clear();
    this.#released.clear();
  }
}

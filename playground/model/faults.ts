// Which fault, if any, hits the next answer: those written into a recording, and those a test injected.

import { z } from 'zod';
import type { Fault } from './script.ts';
import { faultSchema } from './script.ts';

export const injectedFaultSchema = faultSchema.extend({
  /** Name of a script; without it the fault hits any request. */
  script: z.string().optional(),
  /** Step of that script, counted from 0; without it any step. */
  step: z.int().min(0).optional(),
});

export type InjectedFault = z.infer<typeof injectedFaultSchema>;

/** Counts how often each fault has struck, for as long as the process lives. */
export class FaultBook {
  #injected: { fault: InjectedFault; left: number }[] = [];
  readonly #struck = new Map<string, number>();

  inject(fault: InjectedFault): void {
    this.#injected.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#injected = [];
    this.#struck.clear();
  }

  /** Takes one strike from the first fault that is due here; injected ones come first. */
  take(script: string, step: number, recorded: readonly Fault[]): Fault | undefined {
    const due = this.#injected.find(
      ({ fault, left }) =>
        left > 0 && (fault.script ?? script) === script && (fault.step === undefined || fault.step === step),
    );
    if (due !== undefined) {
      due.left -= 1;
      return due.fault;
    }
    for (const [index, fault] of recorded.entries()) {
      const key = `${script}/${step}/${index}`;
      const struck = this.#struck.get(key) ?? 0;
      if (struck < fault.times) {
        this.#struck.set(key, struck + 1);
        return fault;
      }
    }
    return undefined;
  }
}

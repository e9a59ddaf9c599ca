// Faults that a test orders: what Slack or the network does to the app on a bad day.
import { z } from 'zod';
import type { Dict } from '../records/records.ts';

export const FAULT_KINDS = [
  'rate_limited',
  'http_500',
  'http_503',
  'hang',
  'slow',
  'applied_then_cut',
  'slack_error',
  'duplicate_event',
  'delay_event',
  'reorder_events',
  'socket_disconnect',
  'answer_lost',
  'ack_ignored',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** What POST /control/faults takes. */
export const faultOrder = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  /** A Web API method, exactly; without it every method. For event faults: the event type. */
  method: z.string().optional(),
  /** A path prefix outside /api, such as /upload or /response. */
  path: z.string().optional(),
  channel: z.string().optional(),
  times: z.int().min(1).default(1),
  /** Let this many matches through first. */
  skip: z.int().min(0).default(0),
  retry_after: z.int().min(0).optional(),
  ms: z.int().min(0).optional(),
  error: z.string().optional(),
});

export type FaultOrder = z.infer<typeof faultOrder>;

interface Fault extends FaultOrder {
  id: number;
  hits: number;
}

export interface FaultTarget {
  method?: string | undefined;
  path?: string | undefined;
  channel?: string | undefined;
}

const CALL_FAULTS: ReadonlySet<FaultKind> = new Set([
  'rate_limited',
  'http_500',
  'http_503',
  'hang',
  'slow',
  'applied_then_cut',
  'slack_error',
]);

export class Faults {
  #faults: Fault[] = [];
  #lastId = 0;
  readonly #struck = new Map<FaultKind, number>();

  add(order: FaultOrder): Fault {
    const fault = { ...order, id: ++this.#lastId, hits: 0 };
    this.#faults.push(fault);
    return fault;
  }

  list(): Dict[] {
    return this.#faults.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.#faults = [];
  }

  /** How often each kind has struck since the start, of orders that are used up or forgotten too. */
  struck(): Dict {
    return Object.fromEntries(this.#struck);
  }

  /** The first fault ordered for this call, used up by one. */
  takeForCall(target: FaultTarget): Fault | undefined {
    return this.#take((fault) => CALL_FAULTS.has(fault.kind), target);
  }

  /** The first fault of this kind for this event, used up by one. */
  takeForEvent(kind: FaultKind, eventType: string, channel: string | undefined): Fault | undefined {
    return this.#take((fault) => fault.kind === kind, { method: eventType, channel });
  }

  #take(wanted: (fault: Fault) => boolean, target: FaultTarget): Fault | undefined {
    for (const fault of this.#faults) {
      if (!wanted(fault) || !matches(fault, target)) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      fault.hits += 1;
      this.#struck.set(fault.kind, (this.#struck.get(fault.kind) ?? 0) + 1);
      fault.times -= 1;
      if (fault.times === 0) this.#faults = this.#faults.filter((other) => other !== fault);
      return fault;
    }
    return undefined;
  }
}

function matches(fault: Fault, target: FaultTarget): boolean {
  if (fault.channel !== undefined && fault.channel !== target.channel) return false;
  if (fault.path !== undefined) return target.path?.startsWith(fault.path) ?? false;
  if (fault.method !== undefined) return fault.method === target.method;
  return target.method !== undefined;
}

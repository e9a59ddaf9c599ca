// What happened, for tests and for the page: every Web API call the app made and every event sent to it.

export interface CallEntry {
  n: number;
  at: string;
  method: string;
  args: Record<string, unknown>;
  ok: boolean;
  error?: string | undefined;
  status: number;
}

export interface EventEntry {
  n: number;
  at: string;
  type: string;
  event_id: string;
  transport: 'socket' | 'http' | 'none';
  retry_num: number;
  acked: boolean;
  ack_ms: number | null;
  reason?: string | undefined;
}

const KEPT = 10_000;

export class Journal {
  #calls: CallEntry[] = [];
  #events: EventEntry[] = [];
  #n = 0;

  call(entry: Omit<CallEntry, 'n' | 'at'>): void {
    this.#calls.push({ n: ++this.#n, at: new Date().toISOString(), ...entry });
    if (this.#calls.length > KEPT) this.#calls = this.#calls.slice(-KEPT / 2);
  }

  event(entry: Omit<EventEntry, 'n' | 'at'>): EventEntry {
    const full = { n: ++this.#n, at: new Date().toISOString(), ...entry };
    this.#events.push(full);
    if (this.#events.length > KEPT) this.#events = this.#events.slice(-KEPT / 2);
    return full;
  }

  callsSince(n: number): CallEntry[] {
    return this.#calls.filter((entry) => entry.n > n);
  }

  eventsSince(n: number): EventEntry[] {
    return this.#events.filter((entry) => entry.n > n);
  }

  clear(): void {
    this.#calls = [];
    this.#events = [];
  }
}

// Short-lived handles that Slack hands to apps: trigger ids (three seconds, one use) and response URLs
// (thirty minutes, five uses).
import { randomHex } from './ids.ts';
import type { Timers } from './timers.ts';

const RESPONSE_URL_LIFE_MS = 30 * 60_000;
const RESPONSE_URL_USES = 5;

interface Trigger {
  user: string;
  /** The modal in which the person acted, for views.push. */
  viewId: string | undefined;
  expires: number;
  used: boolean;
}

export type TriggerUse =
  | { outcome: 'ok'; user: string; viewId: string | undefined }
  | { outcome: TriggerFault };
export type TriggerFault = 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id';

export class Triggers {
  readonly #triggers = new Map<string, Trigger>();
  readonly #lifeMs: number;

  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  issue(user: string, viewId?: string): string {
    const now = performance.now();
    for (const [id, trigger] of this.#triggers) {
      if (trigger.expires < now - 60_000) this.#triggers.delete(id);
    }
    const id = `${Date.now()}.${Math.floor(Math.random() * 1e10)}.${randomHex(16)}`;
    this.#triggers.set(id, { user, viewId, expires: now + this.#lifeMs, used: false });
    return id;
  }

  use(id: string): TriggerUse {
    const trigger = this.#triggers.get(id);
    if (trigger === undefined) return { outcome: 'invalid_trigger_id' };
    if (performance.now() > trigger.expires) return { outcome: 'expired_trigger_id' };
    if (trigger.used) return { outcome: 'exchanged_trigger_id' };
    trigger.used = true;
    return { outcome: 'ok', user: trigger.user, viewId: trigger.viewId };
  }
}

/** What a response URL speaks about. */
export interface ResponseTarget {
  channel: string;
  user: string;
  /** The message that was acted on, for replace_original and delete_original. */
  messageTs?: string | undefined;
  threadTs?: string | undefined;
}

export class ResponseUrls {
  readonly #urls = new Map<string, { target: ResponseTarget; expires: number; usesLeft: number }>();
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** The path of a new response URL. */
  issue(teamId: string, target: ResponseTarget): string {
    const id = `${teamId}/${Math.floor(Math.random() * 1e13)}/${randomHex(12)}`;
    this.#urls.set(id, {
      target,
      expires: performance.now() + this.#timers.scaled(RESPONSE_URL_LIFE_MS),
      usesLeft: RESPONSE_URL_USES,
    });
    return `/actions/${id}`;
  }

  use(id: string): ResponseTarget | 'expired_url' | 'used_url' {
    const url = this.#urls.get(id);
    if (url === undefined || performance.now() > url.expires) return 'expired_url';
    if (url.usesLeft === 0) return 'used_url';
    url.usesLeft -= 1;
    return url.target;
  }
}

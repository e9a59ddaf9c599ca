// Replaces a model by a second one for a while, where the first one's server keeps failing.
import { hasCode, type ThreadsmithError } from '../../core/errors.ts';
import type { Model } from './model.ts';

/** The first model is asked again after this: its server may be well, and it was chosen for a reason. */
const STAND_IN_MS = 10 * 60_000;

export interface FallbackOptions {
  readonly standInMs?: number;
  /** Called when the second model begins to stand in. */
  readonly onSwitch?: (reason: string, to: string) => void;
}

/**
 * A model that asks `first` and, once that cannot be reached or is overloaded, `second` for a while. The retry policy
 * of `first` says how many tries that takes. Other faults are thrown as they are.
 */
export function withFallback(first: Model, second: Model, options: FallbackOptions = {}): Model {
  const standInMs = options.standInMs ?? STAND_IN_MS;
  let standsInUntil = 0;
  return {
    name: first.name,
    api: first.api,
    respond: async (request, respondOptions) => {
      if (performance.now() < standsInUntil) return second.respond(request, respondOptions);
      try {
        return await first.respond(request, respondOptions);
      } catch (thrown) {
        respondOptions.signal.throwIfAborted();
        if (!isFailing(thrown)) throw thrown;
        standsInUntil = performance.now() + standInMs;
        options.onSwitch?.(thrown.message, second.name);
        return second.respond(request, respondOptions);
      }
    },
  };
}

function isFailing(thrown: unknown): thrown is ThreadsmithError {
  return hasCode(thrown, 'model_unreachable') || hasCode(thrown, 'model_overloaded');
}

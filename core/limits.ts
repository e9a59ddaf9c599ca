// Limits that more than one top-level folder uses, each defined once.

const SECOND_MS = 1000;

/** A worker's lease on a turn ends this long after its last heartbeat. The design promises a takeover within 30 s. */
export const LEASE_MS = 15 * SECOND_MS;
export const HEARTBEAT_MS = 4 * SECOND_MS;
/** The interval at which lost turns are looked for. */
export const RECONCILE_MS = 5 * SECOND_MS;
/** The shortest time between two updates of a status message. */
export const STATUS_UPDATE_MS = 2 * SECOND_MS;
/** The number of times that a failed verification goes back to the agent. */
export const VERIFY_ROUNDS = 2;
/** The time for which dedupe keys are kept. Slack repeats an event within minutes, people within hours. */
export const INBOX_KEEP_MS = 7 * 24 * 3600 * SECOND_MS;
/** Screenshots over this size are scaled down before they leave the worker. */
export const SCREENSHOT_MAX_BYTES = 5 * 1024 * 1024;
/** Tool output over this size is cut in its middle before the model sees it. */
export const TOOL_OUTPUT_MAX_CHARS = 16_000;

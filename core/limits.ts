// Figures that more than one room must agree on, each defined once.

const SECOND_MS = 1000;

/** A worker's claim on a turn lasts this long without a heartbeat; promise 2 of the design is 30 s. */
export const LEASE_MS = 15 * SECOND_MS;
export const HEARTBEAT_MS = 4 * SECOND_MS;
/** How often lost turns are looked for. */
export const RECONCILE_MS = 5 * SECOND_MS;
/** At most one update of a status message in this time. */
export const STATUS_UPDATE_MS = 2 * SECOND_MS;
/** How often failures of the verification go back to the agent. */
export const VERIFY_ROUNDS = 2;
/** Dedupe keys are kept this long; Slack retries within minutes, people replay within hours. */
export const INBOX_KEEP_MS = 7 * 24 * 3600 * SECOND_MS;
/** Screenshots over this size are scaled down before they leave the worker. */
export const SCREENSHOT_MAX_BYTES = 5 * 1024 * 1024;
/** Tool output over this size is cut in its middle before the model sees it. */
export const TOOL_OUTPUT_MAX_CHARS = 16_000;

// Errors that a person can act on: each says what failed, why, and what the person can do.
// Every error that reaches a thread, a log or a terminal is one of these.

/** Stable codes: callers decide by them, never by the text of a message. */
export type ErrorCode =
  | 'config_invalid'
  | 'database_unreachable'
  | 'queue_unreachable'
  | 'engine_unreachable'
  | 'engine_full'
  | 'image_missing'
  | 'image_build_failed'
  | 'sandbox_refused'
  | 'sandbox_lost'
  /** The disk that a sandbox writes to is full. */
  | 'sandbox_full'
  | 'command_timeout'
  | 'path_refused'
  | 'file_too_large'
  | 'browser_failed'
  | 'model_refused'
  | 'model_unreachable'
  | 'model_overloaded'
  | 'model_context_full'
  /** The model takes text only, and the conversation has pictures. */
  | 'model_takes_no_images'
  | 'model_answer_invalid'
  | 'budget_spent'
  | 'clone_failed'
  | 'repo_empty'
  | 'repo_config_invalid'
  | 'setup_failed'
  | 'push_rejected'
  | 'merge_conflict'
  | 'head_moved'
  | 'change_refused'
  | 'verification_missing'
  /** An option of the request that cannot be followed. */
  | 'option_refused'
  | 'not_allowed'
  | 'lease_lost'
  | 'stopped'
  | 'slack_refused'
  | 'slack_unreachable'
  | 'message_invalid'
  | 'artifact_refused'
  | 'internal';

/** When another try can succeed: at once, after a pause, or only after a person acted. */
export type Retry = 'now' | 'later' | 'never';

export interface ThreadsmithErrorOptions {
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/**
 * A failure with advice.
 *
 * `message` says in one plain sentence what failed and why; `advice` says in one sentence what the
 * reader can do. Both are shown to people, so neither may hold a credential.
 */
export class ThreadsmithError extends Error {
  readonly code: ErrorCode;
  readonly advice: string;
  readonly retry: Retry;

  constructor(code: ErrorCode, message: string, advice: string, options: ThreadsmithErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ThreadsmithError';
    this.code = code;
    this.advice = advice;
    this.retry = options.retry ?? 'never';
  }
}

/** A failure as it is stored in a row or shown in a thread. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly advice: string;
}

/** Makes a failure that can be shown from a thrown value; an unknown error becomes `internal`. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof ThreadsmithError) {
    return {
      code: thrown.code,
      message: thrown.message,
      advice: thrown.advice,
    };
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: 'internal',
    message: `Something in Threadsmith itself failed: ${reason.split('\n')[0]}`,
    advice: 'Reply in the thread to try again; the log of the worker has the details.',
  };
}

/** True when `thrown` is a ThreadsmithError with this code. */
export function hasCode(thrown: unknown, code: ErrorCode): boolean {
  return thrown instanceof ThreadsmithError && thrown.code === code;
}

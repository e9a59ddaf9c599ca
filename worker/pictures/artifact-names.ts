/** Added to the key of the session's sandbox, it names the sandbox for these shots. */
export const BEFORE_SUFFIX = '-before';

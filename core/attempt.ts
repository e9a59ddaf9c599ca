// An attempt: one of several answers made in parallel for the same turn. A plain turn has one, which is the
// session's own; the others have a number that names their journal, their branch and their sandbox.

/** How many attempts a request may ask for: people compare them side by side, and each has a sandbox. */
export const MAX_ATTEMPTS = 4;
/** What the button **Try 3 ways** asks for. */
export const TRY_WAYS = 3;

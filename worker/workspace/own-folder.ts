// Where Threadsmith keeps what is its own in a sandbox.

/** Outside of the repo, so that no `git add` and no `git clean` ever meets it. */
export const OWN_FOLDER = '/work/.threadsmith';

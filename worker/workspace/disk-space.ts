// Whether a sandbox has room left on its disk. Git says in many words that there is none, so the disk is asked.
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import { OWN_FOLDER } from './own-folder.ts';
import { shell, type Workspace } from './workspace.ts';

/** What a turn could not do that finds no room at its beginning. */
export const UNBEGUN = 'the turn could not begin';

const PROBE = `${OWN_FOLDER}/room`;
const LEAST_ROOM_BYTES = 64 * 1024;

/**
 * Throws `sandbox_full` where there is no room, with `undone` as what could not be done for that: `the change
 * could not be committed`. `name` names the look, once in a turn.
 */
export async function requireRoom(
  started: Pick<Workspace, 'sandbox' | 'facts' | 'signal'>,
  name: string,
  undone: string,
): Promise<void> {
  try {
    await started.sandbox.write(PROBE, new Uint8Array(LEAST_ROOM_BYTES));
  } catch (cause) {
    if (!hasCode(cause, 'sandbox_full')) throw cause;
    throw new ThreadsmithError(
      'sandbox_full',
      `The disk of the sandbox is full, so ${undone}.`,
      'Remove files that can be made again, such as build output and caches; if the machine’s own disk is full, free room there.',
      { retry: 'later', cause },
    );
  }
  await shell(started, name, `rm -f ${PROBE}`);
}

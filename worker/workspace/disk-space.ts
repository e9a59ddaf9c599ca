// Tells whether the disk of a sandbox is full. Git reports that in many ways, so a file is written to find out.
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import { OWN_FOLDER, shell, type TurnSandbox } from './workspace.ts';

/** The words for `undone` at the beginning of a turn. */
export const UNBEGUN = 'the turn could not begin';

const PROBE = `${OWN_FOLDER}/room`;
const LEAST_ROOM_BYTES = 64 * 1024;

/**
 * Throws `sandbox_full` where the disk is full. `undone` is the part of its sentence that says what failed: `the
 * change could not be committed`. `name` is the command's name, unique within the turn.
 */
export async function requireRoom(opened: TurnSandbox, name: string, undone: string): Promise<void> {
  try {
    await opened.sandbox.write(PROBE, new Uint8Array(LEAST_ROOM_BYTES));
  } catch (cause) {
    if (!hasCode(cause, 'sandbox_full')) throw cause;
    throw new ThreadsmithError(
      'sandbox_full',
      `The disk of the sandbox is full, so ${undone}.`,
      'Remove files that can be made again, such as build output and caches; if the machine’s own disk is full, free room there.',
      { retry: 'later', cause },
    );
  }
  await shell(opened, name, `rm -f ${PROBE}`);
}

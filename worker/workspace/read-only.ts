// Keeps the working tree before a read-only turn and restores it afterwards, so that no file that the turn changed
// becomes part of a later change.
import { ThreadsmithError } from '../../core/errors.ts';
import { requireRoom } from './disk-space.ts';
import { shell, type Workspace } from './workspace.ts';

/** Keeps the working tree, once per turn: another worker that takes the turn over does not overwrite it. */
export async function keepTree(workspace: Workspace): Promise<void> {
  const ref = refOf(workspace);
  await must(
    workspace,
    `keep-${workspace.facts.run}`,
    [
      `git rev-parse -q --verify ${ref} > /dev/null && exit 0`,
      'git add -A',
      `git update-ref ${ref} $(git -c user.name=a -c user.email=a@sandbox.invalid commit-tree $(git write-tree) -m kept)`,
    ].join('\n'),
  );
}

/** Restores the kept working tree. */
export async function restoreTree(workspace: Workspace): Promise<void> {
  const ref = refOf(workspace);
  await must(
    workspace,
    `restore-${workspace.facts.run}`,
    [
      'set -e',
      'git merge --quit || true',
      `git read-tree --reset -u ${ref}`,
      'git clean -fdq',
      `git update-ref -d ${ref}`,
    ].join('\n'),
  );
}

function refOf({ facts }: Workspace): string {
  return `refs/threadsmith/kept-${facts.turnId}`;
}

async function must(workspace: Workspace, name: string, line: string): Promise<void> {
  const result = await shell(workspace, name, line);
  if (result.exitCode === 0) return;
  await requireRoom(workspace, `room-${name}`, 'its files could not be kept as they were');
  throw new ThreadsmithError(
    'sandbox_lost',
    `The files of the sandbox could not be kept as they were: ${result.output.text.trim().slice(-300)}.`,
    'Reply in the thread to try again.',
  );
}

// The working tree around work that may not change anything: kept before, put back after. What a read-only turn
// does to the files can so not become part of a later change either.
import { ThreadsmithError } from '../../core/errors.ts';
import { requireRoom } from './disk-space.ts';
import { shell, type Workspace } from './workspace.ts';

/** Remembers the working tree as it is, once for a turn, also where another worker goes on with it. */
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

/** Puts the working tree back. */
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

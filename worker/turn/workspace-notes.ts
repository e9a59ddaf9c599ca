// Tells the agent how its workspace differs from what it saw last: lost work, pushed commits, a newer default branch.
import type { MessageEntry } from '../../core/journal.ts';
import type { Lost, Workspace } from '../workspace/workspace.ts';

const LOSSES: Readonly<Record<Lost, string>> = {
  processes:
    'The sandbox was started again: the files are as they were, but every process in it has ended, servers too. Start again what you need.',
  sandbox:
    'The sandbox was made anew, with the files as they were after the last step or the one before it. Processes have ended, and files that git ignores are as they were at the beginning. Look at the files before you rely on them.',
  work: 'The sandbox was made anew: only what was published before is in it. Look at the files again, and repeat what is missing.',
};

/** The notes for the agent besides the request. The agent gets each once, by its id. */
export function notesOf(workspace: Workspace): readonly MessageEntry[] {
  const { facts, defaultBranch, latest, base } = workspace;
  const notes: [id: string, text: string][] = [];
  if (workspace.lost !== null) notes.push([`restored-${facts.run}`, LOSSES[workspace.lost]]);
  if (workspace.moved)
    notes.push([
      `moved-${facts.run}`,
      `This branch got new commits on the remote, and the working tree holds them: look at the files again.${workspace.conflicted ? ' Your own unpublished changes conflict with them: resolve what is marked in the files.' : ''}`,
    ]);
  if (latest !== base)
    notes.push([
      `latest-${latest.slice(0, 12)}`,
      `${defaultBranch} has moved on since this branch began: origin/${defaultBranch} is its newest commit. Only where the request asks for it, bring it in with \`git merge --no-commit origin/${defaultBranch}\` and resolve the conflicts in the files.`,
    ]);
  return notes.map(([id, text]) => ({ kind: 'message', id, text: `<note>\n${text}\n</note>` }));
}

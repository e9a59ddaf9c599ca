// Makes a commit of the agent's working tree, outside of the sandbox. The sandbox only gives a tree; author, committer,
// parent and message are set here, so that no program in the sandbox can forge them.
import { ThreadsmithError } from '../../core/errors.ts';
import { coAuthorLines } from '../forge/trailers.ts';
import { turnTrailer } from '../workspace/branch.ts';
import { requireRoom } from '../workspace/disk-space.ts';
import { rememberMerge, TELL_MERGE } from '../workspace/merge-marks.ts';
import { shell, signatureOf, type Workspace } from '../workspace/workspace.ts';

const REF = 'refs/threadsmith/candidate';
const BUNDLE = '/work/candidate.bundle';
const MAX_BUNDLE_BYTES = 50 * 1024 * 1024;

export type CandidateWorkspace = Pick<
  Workspace,
  'facts' | 'mirror' | 'sandbox' | 'parent' | 'latest' | 'defaultBranch' | 'signal' | 'coAuthors'
>;

export interface Candidate {
  readonly commit: string;
  /** The agent's change is the difference to this commit. */
  readonly over: string;
}

/**
 * Commits the working tree on top of the turn's parent; null where there is no difference. Throws `change_refused`
 * where the sandbox gives no valid tree, and `sandbox_full` where its disk is full.
 */
export async function commitCandidate(
  workspace: CandidateWorkspace,
  round: number,
  title: string,
): Promise<Candidate | null> {
  const { parent, mirror, sandbox, facts } = workspace;
  const parentTree = await mirror.trees.treeOf(parent);
  const script = [
    'set -e',
    rememberMerge(workspace.defaultBranch),
    TELL_MERGE,
    'git add -A',
    'tree=$(git write-tree)',
    'echo "$tree"',
    `if [ "$tree" != ${parentTree} ]; then`,
    `  git update-ref ${REF} $(git -c user.name=a -c user.email=a@sandbox.invalid commit-tree "$tree" -p ${parent} -m candidate)`,
    `  git bundle create -q ${BUNDLE} ${REF} ^${parent}`,
    'fi',
  ].join('\n');
  const result = await shell(workspace, `candidate-r${round}`, script);
  const tree = result.output.text.trim().split('\n').at(-1) ?? '';
  if (result.exitCode !== 0 || !/^[0-9a-f]{40,64}$/.test(tree)) {
    await requireRoom(workspace, `room-r${round}`, 'the change could not be committed');
    throw untaken(result.output.text);
  }
  if (tree === parentTree) return null;
  const imported = await mirror.objects.importTree(await sandbox.read(BUNDLE, MAX_BUNDLE_BYTES), REF);
  if (imported === parentTree) return null;
  const merged = await mergedIn(workspace, result.output.text);
  const author = signatureOf(facts.requester);
  const others = coAuthorLines(await workspace.coAuthors(), author);
  const commit = await mirror.objects.commit({
    tree: imported,
    parents: merged === null ? [parent] : [parent, merged],
    message: `${title}\n\nThreadsmith-session: ${facts.sessionId}\n${turnTrailer(facts)}${others}`,
    author,
    at: facts.startedAt,
  });
  return { commit, over: merged ?? parent };
}

/**
 * The commit of the default branch that the agent merged into the working tree, or null. A false claim of the sandbox
 * is harmless: people see the difference to that commit, and a merge brings the same difference.
 */
async function mergedIn(
  { mirror, latest, parent }: CandidateWorkspace,
  output: string,
): Promise<string | null> {
  const claimed = /^merged ([0-9a-f]{40,64})$/m.exec(output)?.[1];
  if (claimed === undefined || !(await mirror.history.isAncestor(claimed, latest))) return null;
  return (await mirror.history.isAncestor(claimed, parent)) ? null : claimed;
}

function untaken(output: string): ThreadsmithError {
  return new ThreadsmithError(
    'change_refused',
    `The change could not be committed in the sandbox: ${output.trim().slice(-300)}.`,
    'Reply in the thread to let the agent try again; its work is kept in the sandbox.',
  );
}

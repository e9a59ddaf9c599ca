// A turn that reverts a merge: the opposite change is made in the mirror, verified and published on the session's
// branch, where people merge it with the same buttons as any change.
import { ThreadsmithError } from '../../core/errors.ts';
import type { Usage } from '../../core/result.ts';
import { revertTree } from '../forge/revert.ts';
import { coAuthorLines } from '../forge/trailers.ts';
import { shell, signatureOf, type Workspace } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';
import { publishChange } from './publish-change.ts';
import { verifyAndRecord } from './verification-record.ts';
import { withWorkspace } from './with-workspace.ts';

const BRANCH = 'threadsmith-revert';
const BUNDLE = '/work/revert.bundle';

/** Publishes a commit that undoes the merge named by the turn. Safe to run again after a crash. */
export async function runRevertTurn(context: TurnContext): Promise<void> {
  const { commit: merge } = context.turn.details;
  if (merge === undefined) throw unnamed();
  await withWorkspace(context, async (workspace, pages) => {
    const commit = await revertCommit(workspace, merge, context.turn.text);
    await checkOut(workspace, commit);
    const verification = await verifyAndRecord(context, workspace, pages, commit, 0);
    await workspace.egress.close();
    const summary = `Takes back the merge \`${merge.slice(0, 8)}\`. The rest of ${workspace.defaultBranch} stays as it is.`;
    const usage = noModel(workspace);
    await publishChange(context, workspace, { commit, summary, verification, review: null, usage });
  });
}

async function revertCommit(workspace: Workspace, merge: string, text: string): Promise<string> {
  const { mirror, parent, facts } = workspace;
  const title = text.split('\n')[0]?.slice(0, 72) ?? '';
  const author = signatureOf(facts.requester);
  const others = coAuthorLines(await workspace.coAuthors(), author);
  return mirror.objects.commit({
    tree: await revertTree(mirror, merge, parent),
    parents: [parent],
    message: `${title}\n\nThis reverts commit ${merge}.\n\nThreadsmith-session: ${facts.sessionId}\n${others}`,
    author,
    at: facts.startedAt,
  });
}

/** Checks the commit out in the sandbox, staged over its parent like the agent's work. */
async function checkOut(workspace: Workspace, commit: string): Promise<void> {
  const { mirror, parent, sandbox } = workspace;
  await sandbox.write(BUNDLE, await mirror.objects.bundle({ [BRANCH]: commit }, [parent]));
  const result = await shell(
    workspace,
    'revert',
    `git fetch -q ${BUNDLE} refs/heads/${BRANCH} && git read-tree -u --reset FETCH_HEAD`,
  );
  if (result.exitCode === 0) return;
  throw new ThreadsmithError(
    'internal',
    `The revert could not be checked out in the sandbox: ${result.output.text.trim().slice(-300)}.`,
    'Click Try again.',
  );
}

function noModel({ facts }: Workspace): Usage {
  return {
    model: '',
    steps: 0,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    durationMs: Date.now() - facts.startedAt.getTime(),
  };
}

function unnamed(): ThreadsmithError {
  return new ThreadsmithError(
    'change_refused',
    'It is not known which merge is to be taken back.',
    'Use the Revert button of the merged result.',
  );
}

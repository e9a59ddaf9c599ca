// A turn that takes a merge back: the opposite change is made in the mirror, verified like any other, published
// on the session's branch, and shown with the same buttons. Nothing is merged here.
import { ThreadsmithError } from '../../core/errors.ts';
import type { Usage } from '../../core/result.ts';
import { Session } from '../../db/entities/session.ts';
import { dropSavedWork } from '../../db/turns/saved-work.ts';
import { finishTurn } from '../../db/turns/turns.ts';
import { revertTree } from '../forge/revert.ts';
import { coAuthorLines } from '../forge/trailers.ts';
import { publish } from '../publish/publish.ts';
import { verify } from '../verify/verify.ts';
import { shell, signatureOf, type Workspace } from '../workspace/workspace.ts';
import { captureBefore } from './baseline.ts';
import type { TurnContext } from './context.ts';
import { openWorkspace } from './open-workspace.ts';
import { keepBrowser } from './turn-browser.ts';
import { record } from './verification-record.ts';

const BRANCH = 'threadsmith-revert';
const BUNDLE = '/work/revert.bundle';

/** Publishes a commit that undoes the merge named by the turn. Safe to run again after a crash. */
export async function runRevertTurn(context: TurnContext): Promise<void> {
  const { database, lease, session, turn, forge } = context;
  const merge = turn.details.commit;
  if (merge === undefined) throw unnamed();
  const workspace = await openWorkspace(context);
  const browser = keepBrowser(workspace);
  const before = captureBefore(context, workspace);
  try {
    const commit = await revertCommit(workspace, merge, turn.text);
    await checkOut(workspace, commit);
    await workspace.report({ type: 'phase.started', phase: 'verify', detail: 'Running the checks' });
    const verification = await verify({
      workspace,
      commit,
      round: 0,
      before: await before.shots(),
      openBrowser: browser.open,
    });
    await record(context, verification);
    await workspace.egress.close();
    await workspace.report({
      type: 'phase.finished',
      phase: 'verify',
      ok: verification.passed,
      detail: verification.problems[0] ?? '',
    });
    await workspace.report({ type: 'phase.started', phase: 'publish', detail: '' });
    const summary = `Takes back the merge \`${merge.slice(0, 8)}\`. The rest of ${workspace.defaultBranch} stays as it is.`;
    const result = await publish({
      workspace,
      forge,
      commit,
      summary,
      verification,
      review: null,
      usage: noModel(workspace),
    });
    await finishTurn(database, lease, { state: 'done', result }, async (em) => {
      await em.nativeUpdate(Session, { id: session.id }, { headCommit: commit });
      await dropSavedWork(em, context.attempt.sandboxKey);
    });
  } finally {
    await before.close();
    await browser.close();
    await workspace.sandbox.close();
  }
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

/** Brings the working tree of the sandbox to the commit, staged over its parent as the agent's work would be. */
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

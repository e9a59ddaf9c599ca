// Opens the workspace of a turn and reports that in the session's log.
import type { EventBody } from '../../core/event.ts';
import { redactAll } from '../../core/redact.ts';
import { openArtifacts } from '../../db/log/artifacts.ts';
import { appendEvents } from '../../db/log/events.ts';
import { promptersOf } from '../../db/log/prompters.ts';
import { fenced } from '../../db/schema/lease.ts';
import { forgetWork, noteSandbox, savedWorkOf } from '../../db/turns/saved-work.ts';
import { egressFor } from '../egress/egress.ts';
import { cleanPictures } from '../pictures/clean-artifacts.ts';
import { prepare } from '../workspace/prepare.ts';
import { snapshotFailuresOf } from '../workspace/snapshot-failures.ts';
import { signatureOf, type Workspace, type WorkspaceFacts } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';
import { deleteOldBranch } from './delete-old-branch.ts';

/** Opens the sandbox of the turn with its branch checked out. Throws as `prepare` does. */
export async function openWorkspace(context: TurnContext): Promise<Workspace> {
  const { database, lease, turn, session, attempt, signal, log } = context;
  const report = (...events: EventBody[]) =>
    fenced(database, lease, (em) =>
      appendEvents(em, session.id, turn.id, redactAll(events, database.redact)),
    );
  // After a merge or a discard the next request starts from the default branch as it is then.
  if (session.state !== 'open' && turn.kind !== 'attempt') {
    await context.provider.remove(attempt.sandboxKey);
    await fenced(database, lease, (em) => forgetWork(em, attempt.sandboxKey));
  }
  if (turn.details.left !== undefined) await deleteOldBranch(context);
  const facts: WorkspaceFacts = {
    turnId: turn.id,
    sessionId: session.id,
    run: `e${lease.epoch}-${context.opening}`,
    fence: lease.epoch,
    sandboxKey: attempt.sandboxKey,
    branch: attempt.branch,
    requester: turn.requester,
    startedAt: turn.startedAt ?? turn.createdAt,
  };
  await report(
    { type: 'turn.claimed', worker: lease.owner, epoch: lease.epoch },
    { type: 'phase.started', phase: 'prepare', detail: `Fetching ${context.mirror.repo.name}` },
  );
  const saved = await savedWorkOf(database.em(), attempt.sandboxKey);
  const prepared = await prepare({
    facts,
    config: context.config,
    repo: context.mirror.repo,
    mirror: context.mirror,
    provider: context.provider,
    network: context.networks?.byRepo.get(context.mirror.repo.name)?.policy,
    baseCommit: attempt.base,
    headCommit: attempt.head,
    // An opening that failed before it saved anything left nothing that could be lost.
    goesOn: attempt.goesOn || saved !== null,
    saved,
    failures: snapshotFailuresOf(database),
    onOutdated: context.refreshSoon,
    log,
    signal,
    progress: (line) => {
      report({ type: 'phase.progress', phase: 'prepare', detail: line }).catch((error: unknown) =>
        log.debug('progress was not written', { error }),
      );
    },
  });
  await fenced(database, lease, async (em) => {
    await attempt.keepBase(em, prepared.base);
    await noteSandbox(em, attempt.sandboxKey, prepared.sandboxName);
  });
  // Where all work was saved, people need not know that the sandbox is another one.
  if (prepared.lost === 'work') await report({ type: 'sandbox.restored', lost: prepared.lost });
  await report({ type: 'phase.finished', phase: 'prepare', ok: true, detail: '' });
  const artifacts = cleanPictures(openArtifacts(database, context.content, lease));
  const repo = context.mirror.repo.name;
  const egress = egressFor({ networks: context.networks, repo, artifacts, log, report });
  return {
    ...prepared,
    sandbox: await egress.open(prepared.sandbox),
    egress,
    facts,
    config: context.config,
    repo: context.mirror.repo,
    mirror: context.mirror,
    artifacts,
    signal,
    log,
    report,
    coAuthors: async () => (await promptersOf(database.em(), session.id, attempt.askedAt)).map(signatureOf),
  };
}

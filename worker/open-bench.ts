// Opens the workbench of a turn: the tree of its parent in the session's sandbox, and the log told of it.
import type { EventBody } from '../core/event.ts';
import { redactAll } from '../core/redact.ts';
import { openArtifacts } from '../db/artifacts.ts';
import { Session } from '../db/entities/session.ts';
import { appendEvents } from '../db/events.ts';
import { fenced } from '../db/lease.ts';
import { promptersOf } from '../db/prompters.ts';
import { forgetWork, noteSandbox, savedWorkOf } from '../db/saved-work.ts';
import { type Bench, signatureOf, type TurnFacts } from './blueprint/bench.ts';
import { prepare } from './blueprint/prepare.ts';
import { clearLeft } from './left-behind.ts';
import { wayOutOf } from './network/way-out.ts';
import { cleanPictures } from './pictures/clean-artifacts.ts';
import type { TurnContext } from './turn.ts';

/** The workbench of a turn, with the sandbox open and the tree of its parent in it. */
export async function openBench(context: TurnContext): Promise<Bench> {
  const { database, lease, turn, session, signal, log } = context;
  const report = (...events: EventBody[]) =>
    fenced(database, lease, (em) =>
      appendEvents(em, session.id, turn.id, redactAll(events, database.redact)),
    );
  const ended = session.state !== 'open';
  // After a merge or a discard the next request starts from the default branch as it is then.
  if (ended) {
    await context.provider.remove(session.id);
    await fenced(database, lease, (em) => forgetWork(em, session.id));
  }
  if (turn.details.left !== undefined) await clearLeft(context);
  const facts: TurnFacts = {
    turnId: turn.id,
    sessionId: session.id,
    run: `e${lease.epoch}-${context.opening}`,
    fence: lease.epoch,
    branch: session.branch,
    requester: turn.requester,
    startedAt: turn.startedAt ?? turn.createdAt,
  };
  await report(
    { type: 'turn.claimed', worker: lease.owner, epoch: lease.epoch },
    { type: 'phase.started', phase: 'prepare', detail: `Fetching ${context.mirror.repo.name}` },
  );
  const prepared = await prepare({
    facts,
    config: context.config,
    repo: context.mirror.repo,
    mirror: context.mirror,
    provider: context.provider,
    network: context.networks?.byRepo.get(context.mirror.repo.name)?.policy,
    baseCommit: ended ? null : (session.baseCommit ?? null),
    headCommit: ended ? null : (session.headCommit ?? null),
    saved: await savedWorkOf(database.em(), session.id),
    log,
    signal,
    progress: (line) => {
      report({ type: 'phase.progress', phase: 'prepare', detail: line }).catch((error: unknown) =>
        log.debug('progress was not written', { error }),
      );
    },
  });
  await fenced(database, lease, async (em) => {
    const head = ended ? { headCommit: null } : {};
    await em.nativeUpdate(Session, { id: session.id }, { state: 'open', baseCommit: prepared.base, ...head });
    await noteSandbox(em, session.id, prepared.sandboxName);
  });
  if (prepared.lost === 'sandbox' || prepared.lost === 'work')
    await report({ type: 'sandbox.restored', lost: prepared.lost });
  await report({ type: 'phase.finished', phase: 'prepare', ok: true, detail: '' });
  const artifacts = cleanPictures(openArtifacts(database, context.content, lease));
  const repo = context.mirror.repo.name;
  const wayOut = wayOutOf({ networks: context.networks, repo, artifacts, log, report });
  return {
    ...prepared,
    sandbox: await wayOut.open(prepared.sandbox),
    wayOut,
    facts,
    config: context.config,
    repo: context.mirror.repo,
    mirror: context.mirror,
    artifacts,
    signal,
    log,
    report,
    coAuthors: async () => (await promptersOf(database.em(), session.id, turn.position)).map(signatureOf),
  };
}

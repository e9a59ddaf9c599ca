// Finds the repo of a request that names none: a cheap model chooses by the repos' descriptions. Where it does not
// know, the person's default counts; without one the person is asked.
import { z } from 'zod';
import type { RepoConfig } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { parseJson } from '../../core/parse.ts';
import { Session, Turn } from '../../db/entities/session.ts';
import { appendEvents } from '../../db/log/events.ts';
import { fenced, type Lease } from '../../db/schema/lease.ts';
import { prompt } from '../agent/prompts.ts';
import { type Model, singleMessage } from '../model/model.ts';
import type { WorkerServices } from './context.ts';

/** The limit is short, because the person waits and can be asked instead. */
const MAX_MS = 30_000;
const MAX_TEXT_CHARS = 8_000;

const answerSchema = z.object({ repo: z.string() });

/**
 * Finds the repo of a leased turn whose session has none. Null where the person is asked now: the turn waits for the
 * answer without a lease. Throws `lease_lost`.
 */
export async function routeTurn(
  tools: Pick<WorkerServices, 'database' | 'config' | 'model' | 'judge' | 'log'>,
  lease: Lease,
  turn: Turn,
  signal: AbortSignal,
): Promise<string | null> {
  const { database, config, log } = tools;
  const { choices = [], reason = '', otherwise = null } = turn.details.routing ?? {};
  const candidates = config.repos.filter(({ name }) => choices.includes(name));
  const found = await askModel(tools.judge ?? tools.model, candidates, turn, signal).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      log.warn('the model did not say which repo a request is for', { error });
      return null;
    },
  );
  const repo = found ?? otherwise;
  await fenced(database, lease, async (em) => {
    if (repo !== null) {
      await em.nativeUpdate(Session, { id: lease.sessionId, repo: null }, { repo });
      const why = found === null ? 'your default' : 'by its description';
      await appendEvents(em, lease.sessionId, lease.turnId, [{ type: 'turn.routed', repo, why }]);
      return;
    }
    // The turn has not started, so people can still edit or withdraw the request.
    await em.nativeUpdate(
      Turn,
      { id: lease.turnId },
      { state: 'needs_repo', stateSince: new Date(), leaseUntil: null, startedAt: null },
    );
    await appendEvents(em, lease.sessionId, lease.turnId, [{ type: 'turn.repo_needed', choices, reason }]);
  });
  return repo;
}

async function askModel(
  model: Model,
  candidates: readonly RepoConfig[],
  turn: Turn,
  signal: AbortSignal,
): Promise<string | null> {
  const listed = candidates.map(({ name, description }) => `- ${name}: ${description ?? '(no description)'}`);
  const said = (turn.details.thread ?? []).map(({ name, text }) => `${name}: ${text}`).join('\n');
  const question = [
    `<repos>\n${listed.join('\n')}\n</repos>`,
    said === '' ? '' : `<thread>\n${said.slice(-MAX_TEXT_CHARS)}\n</thread>`,
    `<request>\n${turn.text.slice(0, MAX_TEXT_CHARS)}\n</request>`,
  ];
  const { response } = await model.respond(
    singleMessage(prompt('route'), question.filter((part) => part !== '').join('\n\n')),
    { signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]) },
  );
  const answer = answerIn(response.text);
  return candidates.find(({ name }) => name === answer)?.name ?? null;
}

/** Models wrap JSON in fences and sentences. */
function answerIn(text: string): string | null {
  const json = /\{[^{}]*\}/.exec(text)?.[0];
  return answerSchema.safeParse(parseJson(json ?? '')).data?.repo ?? null;
}

/** Removes a base branch that does not exist from the session. Returns the error for the turn. */
export async function forgetBranch(
  { database }: Pick<WorkerServices, 'database'>,
  lease: Lease,
  session: Session,
): Promise<ThreadsmithError> {
  await fenced(database, lease, async (em) => {
    await em.nativeUpdate(Session, { id: session.id }, { baseBranch: null });
  });
  return new ThreadsmithError(
    'option_refused',
    `There is no branch called ${session.baseBranch} in ${session.repo}.`,
    'Name another one with branch=…: edit your message, or reply with just that. The request is kept.',
  );
}

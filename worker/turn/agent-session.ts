// The agent's part of a turn: the request, then what the verification had to say, until it rests.

import type { Config } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Journal, MessageEntry } from '../../core/journal.ts';
import { withoutCredentials } from '../../core/redact.ts';
import type { Usage } from '../../core/result.ts';
import type { LaterAttachments } from '../../db/entities/session.ts';
import { openJournal } from '../../db/log/journal.ts';
import type { SandboxBrowser } from '../../sandbox/port/browser.ts';
import { runAgent } from '../agent/harness.ts';
import { setUpAgent } from '../agent/setup.ts';
import type { AgentAnswer, SpentBudget } from '../agent/task.ts';
import type { Lost, Workspace } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';
import { decisionMessage } from './plan.ts';
import { placeFiles, requestOf, withAttachments } from './request.ts';
import { workSaver } from './save-work.ts';
import { steeringOf } from './steering.ts';

export interface Finished {
  readonly kind: 'finished';
  readonly text: string;
  readonly usage: Usage;
}

export interface Asked {
  readonly kind: 'asked';
  readonly question: string;
  readonly options: readonly string[];
  readonly callId: string;
}

export type Teller = 'verification' | 'review';

export interface AgentSession {
  /** The round that the transcript is in: a worker that takes a turn over goes on with it. */
  readonly round: number;
  /** Lets the agent work until it finishes or asks a person. Throws `budget_spent`. */
  work(): Promise<Finished | Asked>;
  /** Whether a review has sent the work back in this turn, under another worker too. */
  wasReviewed(): boolean;
  /** Sets the message that the next `work` begins with. The agent gets it once per round, also after a crash. */
  tell(text: string, round: number, from: Teller): void;
  /** The requests and replies of people in this session, as they wrote them. */
  asked(): Promise<string>;
}

/** The agent of a turn, in the transcript of its session. */
export async function startAgent(
  context: TurnContext,
  workspace: Workspace,
  openPage: () => Promise<SandboxBrowser>,
): Promise<AgentSession> {
  const { turn, config, model, lease, database, attempt } = context;
  const journal = openJournal(database, lease, attempt.number);
  const told = await lastTold(journal, turn.id);
  const given = await placeFiles(workspace, turn.id, turn.details);
  const beside = async (text: string, came: LaterAttachments) =>
    withAttachments(text, came, await placeFiles(workspace, came.turnId, came));
  const decided = attempt.approach === null ? await decisionOf(context, beside) : null;
  let request = told?.message ?? decided ?? requestOf(turn, given, attempt.approach);
  let answers = await answerOf(context, beside);
  let wasReviewed = told?.wasReviewed ?? false;
  const answering = attempt.approach === null ? 'people' : 'nobody';
  const setup = await setUpAgent(workspace, { mcp: context.mcp, answering });
  const notes = notesOf(workspace);

  const saveWork = workSaver(context, workspace);
  const steering = steeringOf(database, lease, journal, beside);

  /** Events that still wait when the run ends, however it ends, are written. */
  const flushing = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } finally {
      await journal.flush().catch((error: unknown) => context.log.warn('events were not written', { error }));
    }
  };

  const work = async (): Promise<Finished | Asked> => {
    await workspace.report({
      type: 'model.named',
      model: model.name,
      scripted: model.name.startsWith('scripted'),
    });
    const outcome = await flushing(() =>
      runAgent({
        ...setup,
        sandbox: workspace.sandbox,
        model,
        journal,
        artifacts: workspace.artifacts,
        openChild: (callKey) => openJournal(database, lease, childOf(attempt.number, callKey)),
        turnId: turn.id,
        request,
        ...(answers === undefined ? {} : { answers }),
        signal: workspace.signal,
        report: (event) => journal.report(event),
        takeMessages: async () => [...notes, ...(await steering())],
        redact: (text) => withoutCredentials(database.redact(text)),
        openBrowser: async () => (await openPage()).driver(),
        saveWork,
      }),
    );
    switch (outcome.kind) {
      case 'finished':
      case 'asked':
        return outcome;
      case 'budget_spent':
        throw budgetSpent(outcome.what, config);
    }
  };

  return {
    round: told === null ? 0 : told.round + 1,
    wasReviewed: () => wasReviewed,
    work,
    tell: (text, round, from) => {
      wasReviewed ||= from === 'review';
      answers = undefined;
      request = { kind: 'message', id: `${from}-${round}`, text: `<${from}>\n${text}\n</${from}>` };
    },
    asked: async () =>
      (await journal.load())
        .flatMap(({ entry }) => (entry.kind === 'message' && isFromPeople(entry) ? [entry.text] : []))
        .join('\n\n'),
  };
}

const TOLD = /^(verification|review)-(\d+)$/;

/** The newest message of a verification or a review in this turn's part of the transcript. */
async function lastTold(
  journal: Journal,
  turnId: string,
): Promise<{ readonly message: MessageEntry; readonly round: number; readonly wasReviewed: boolean } | null> {
  const told = (await journal.load()).flatMap(({ turnId: of, entry }) => {
    const found = entry.kind === 'message' && of === turnId ? TOLD.exec(entry.id ?? '') : null;
    return found === null || entry.kind !== 'message'
      ? []
      : [{ message: entry, from: found[1], round: Number(found[2]) }];
  });
  const last = told.at(-1);
  return last === undefined ? null : { ...last, wasReviewed: told.some(({ from }) => from === 'review') };
}

function isFromPeople({ id }: MessageEntry): boolean {
  return id === 'request' || /^(?:steering|plan)-/.test(id ?? '');
}

const LOSSES: Readonly<Record<Lost, string>> = {
  processes:
    'The sandbox was started again: the files are as they were, but every process in it has ended, servers too. Start again what you need.',
  sandbox:
    'The sandbox was made anew, with the files as they were after the last step or the one before it. Processes have ended, and files that git ignores are as they were at the beginning. Look at the files before you rely on them.',
  work: 'The sandbox was made anew: only what was published before is in it. Look at the files again, and repeat what is missing.',
};

/** What the agent has to know besides the request; each is told once, by its id. */
function notesOf(workspace: Workspace): readonly MessageEntry[] {
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

/** Makes a message of words to a turn under way and what came with them. */
type Beside = (
  text: string,
  came: LaterAttachments,
) => Promise<Pick<MessageEntry, 'text' | 'imageArtifactIds'>>;

async function answerOf(
  { turn }: Pick<TurnContext, 'turn'>,
  beside: Beside,
): Promise<AgentAnswer | undefined> {
  const { callId, answer } = turn.details;
  if (callId === undefined || answer === undefined) return undefined;
  const { text, beside: came } = answer;
  return { callId, ...(came === undefined ? { text } : await beside(text, came)) };
}

async function decisionOf({ turn }: Pick<TurnContext, 'turn'>, beside: Beside): Promise<MessageEntry | null> {
  const message = decisionMessage(turn);
  const came = turn.details.decidedWith;
  return message === null || came === undefined
    ? message
    : { ...message, ...(await beside(message.text, came)) };
}

/** Numbers from here on are conversations of child agents, each numbered by its attempt and the place of its call. */
const FIRST_CHILD = 1_000;
const CALLS_PER_STEP = 1_000;
const CALLS_PER_ATTEMPT = 1_000_000_000;

function childOf(attempt: number, callKey: string): number {
  const [place = 0, index = 0] = callKey.split('-').slice(-2).map(Number);
  return attempt * CALLS_PER_ATTEMPT + FIRST_CHILD + place * CALLS_PER_STEP + index;
}

function budgetSpent(what: SpentBudget, { model }: Config): ThreadsmithError {
  const spent = {
    steps: { amount: `${model.max_steps} steps`, setting: 'max_steps' },
    time: { amount: `${model.max_minutes} minutes`, setting: 'max_minutes' },
    tokens: { amount: `${model.max_tokens ?? 0} tokens`, setting: 'max_tokens' },
    money: { amount: `${model.max_cost ?? 0} ${model.prices.currency}`, setting: 'max_cost' },
  }[what];
  return new ThreadsmithError(
    'budget_spent',
    `The agent used up its ${spent.amount}.`,
    `Reply “continue” to go on from where it is; the limit is ${spent.setting} under model in the configuration.`,
  );
}

// Runs the agent of a turn in the transcript of its session: first with the request, then with the words of the gates.

import type { Config } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import type { Journal, MessageEntry } from '../../core/journal.ts';
import { withoutCredentials } from '../../core/redact.ts';
import type { Usage } from '../../core/result.ts';
import type { Turn } from '../../db/entities/session.ts';
import { openJournal } from '../../db/log/journal.ts';
import type { SandboxBrowser } from '../../sandbox/port/browser.ts';
import { runAgent } from '../agent/harness.ts';
import { setUpAgent } from '../agent/setup.ts';
import type { AgentAnswer, SpentBudget } from '../agent/task.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { TurnContext } from './context.ts';
import { decisionMessage } from './plan.ts';
import { type LaterContent, placeFiles, requestOf, withAttachments } from './request.ts';
import { workSaver } from './save-work.ts';
import { steeringOf } from './steering.ts';
import { notesOf } from './workspace-notes.ts';

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

/** Sets the agent of a turn up. It goes on in the transcript where an earlier worker left it. */
export async function startAgent(
  context: TurnContext,
  workspace: Workspace,
  openPage: () => Promise<SandboxBrowser>,
): Promise<AgentSession> {
  const { turn, config, model, lease, database, attempt } = context;
  const journal = openJournal(database, lease, attempt.number);
  const told = await lastTold(journal, turn.id);
  const given = await placeFiles(workspace, turn.id, turn.details);
  const contentOf: LaterContent = async (text, attachments) =>
    withAttachments(text, attachments, await placeFiles(workspace, attachments.turnId, attachments));
  const decided = attempt.approach === null ? await decisionOf(turn, contentOf) : null;
  let request = told?.message ?? decided ?? requestOf(turn, given, attempt.approach);
  let answers = await answerOf(turn, contentOf);
  let wasReviewed = told?.wasReviewed ?? false;
  const answering = attempt.approach === null ? 'people' : 'nobody';
  const setup = await setUpAgent(workspace, { mcp: context.mcp, answering });
  const notes = notesOf(workspace);

  const saveWork = workSaver(context, workspace);
  const steering = steeringOf(database, lease, journal, contentOf);

  /** Writes the waiting events after the run, also after one that fails. */
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

async function answerOf(
  { details: { callId, answer } }: Turn,
  contentOf: LaterContent,
): Promise<AgentAnswer | undefined> {
  if (callId === undefined || answer === undefined) return undefined;
  const { text, beside: attachments } = answer;
  return { callId, ...(attachments === undefined ? { text } : await contentOf(text, attachments)) };
}

async function decisionOf(turn: Turn, contentOf: LaterContent): Promise<MessageEntry | null> {
  const message = decisionMessage(turn);
  const { decidedWith } = turn.details;
  if (message === null || decidedWith === undefined) return message;
  return { ...message, ...(await contentOf(message.text, decidedWith)) };
}

/** Journals of child agents have numbers from here on, made of the attempt and the place of the call. */
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

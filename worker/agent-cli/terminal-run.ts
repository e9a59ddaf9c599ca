// Works on one request for a person at a terminal: opens the sandbox, runs the agent, prints the diff.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, configOfRepo } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { createLog } from '../../core/log.ts';
import { type Redact, withoutCredentials } from '../../core/redact.ts';
import { branchOf } from '../../core/session.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import type { Sandbox, SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { runAgent } from '../agent/harness.ts';
import { type AgentSetup, setUpAgent } from '../agent/setup.ts';
import type { AgentAnswer, AgentOutcome, AgentTask } from '../agent/task.ts';
import { openMirror } from '../forge/mirror.ts';
import type { Model } from '../model/model.ts';
import { cleanPictures } from '../pictures/clean-artifacts.ts';
import { prepare } from '../workspace/prepare.ts';
import { FORGETFUL } from '../workspace/snapshot.ts';
import { openFileArtifacts } from './file-artifacts.ts';
import { openFileJournal } from './file-journal.ts';
import type { Terminal } from './terminal.ts';
import type { TerminalArguments } from './terminal-arguments.ts';

const DIFF_MAX_BYTES = 1024 * 1024;

export interface TerminalRun {
  readonly args: TerminalArguments;
  /** Folder of this run's journal, artifacts and diff, and of the repos' mirrors. */
  readonly data: string;
  readonly provider: SandboxProvider;
  readonly model: Model;
  readonly terminal: Terminal;
  /** Hides the credentials of this process in what is kept of the run; its diff stays as it is. */
  readonly redact: Redact;
  readonly signal: AbortSignal;
  /** Asks the person. Resolves with null where the terminal is not interactive. */
  readonly ask: (question: string, options: readonly string[]) => Promise<string | null>;
}

/** Works on the request; returns how it ended, and the diff of all that the run has changed so far. */
export async function runInTerminal(
  run: TerminalRun,
): Promise<{ readonly outcome: AgentOutcome; readonly diff: string; readonly diffFile: string }> {
  const { args, provider } = run;
  const folder = join(run.data, 'runs', args.run);
  await mkdir(folder, { recursive: true });
  const opened = await openRun(run, folder);
  const { sandbox, base } = opened;
  try {
    const outcome = await converse(run, taskOf(run, opened, folder));
    const diff = await diffOf(sandbox, base);
    const diffFile = join(folder, 'change.diff');
    await writeFile(diffFile, diff);
    return { outcome, diff, diffFile };
  } finally {
    await sandbox.close();
    if (!args.keep) await provider.remove(sandbox.key);
  }
}

interface OpenedRun {
  readonly sandbox: Sandbox;
  readonly base: string;
  readonly setup: AgentSetup;
}

/** Opens the sandbox of the run, on the commit that the run began with, and sets its agent up. */
async function openRun(run: TerminalRun, folder: string): Promise<OpenedRun> {
  const { args, provider, signal, terminal } = run;
  const config = configOf(args);
  const [repo] = config.repos;
  if (repo === undefined)
    throw new ThreadsmithError('internal', 'The repo got lost.', 'Report this as a bug.');
  const mirror = openMirror(repo, join(run.data, 'repos'));
  const baseFile = join(folder, 'base');
  const baseCommit = await readFile(baseFile, 'utf8').catch(() => null);
  const sessionId = `run-${args.run}`;
  const facts = {
    turnId: sessionId,
    sessionId,
    sandboxKey: sessionId,
    run: 'e1',
    fence: 1,
    branch: branchOf(args.run),
    requester: { id: 'terminal', name: 'terminal', email: null },
    startedAt: new Date(),
  };
  const prepared = await prepare({
    facts,
    config,
    repo,
    mirror,
    provider,
    baseCommit,
    goesOn: baseCommit !== null,
    headCommit: null,
    saved: null,
    failures: FORGETFUL,
    log: createLog({ level: 'warn' }),
    signal,
    progress: (line) => terminal.note(line),
  });
  await writeFile(baseFile, prepared.base);
  const setup = await setUpAgent({ ...prepared, facts, config, repo, mirror }, { answering: 'people' });
  return { ...prepared, setup };
}

/** A configuration with this repo only and the limits that the arguments name. */
function configOf({ repo, maxSteps, maxMinutes }: TerminalArguments): Config {
  const config = configOfRepo(repo.name, repo.url);
  const { max_steps, max_minutes } = config.model;
  const limits = { max_steps: maxSteps ?? max_steps, max_minutes: maxMinutes ?? max_minutes };
  return { ...config, model: { ...config.model, ...limits } };
}

function taskOf(run: TerminalRun, { sandbox, setup }: OpenedRun, folder: string): AgentTask {
  const { args, terminal, redact } = run;
  const turnId = `turn-${createHash('sha256').update(args.request).digest('hex').slice(0, 10)}`;
  const journalAt = (name: string) => openFileJournal(join(folder, `${name}.jsonl`), turnId, redact);
  return {
    ...setup,
    sandbox,
    model: run.model,
    journal: journalAt('journal'),
    artifacts: cleanPictures(openFileArtifacts(join(folder, 'artifacts'), sandbox.key, turnId, redact)),
    openChild: (callKey) => journalAt(`child-${callKey}`),
    turnId,
    request: { kind: 'message', id: 'request', text: `<request>\n${args.request}\n</request>` },
    signal: run.signal,
    report: async (event) => terminal.event(event),
    takeMessages: async () => [],
    redact: (text) => withoutCredentials(redact(text)),
    openBrowser: async () => (await openBrowser(sandbox)).driver(),
    onText: (delta) => terminal.text(delta),
  };
}

/** Runs the agent, and goes on as long as its questions are answered. */
async function converse(run: TerminalRun, task: AgentTask): Promise<AgentOutcome> {
  let given = run.args.answer;
  let answers: AgentAnswer | undefined;
  for (;;) {
    const outcome = await runAgent(answers === undefined ? task : { ...task, answers });
    run.terminal.outcome(outcome);
    if (outcome.kind !== 'asked') return outcome;
    const text = given ?? (await run.ask(outcome.question, outcome.options));
    if (text === null) return outcome;
    given = null;
    answers = { callId: outcome.callId, text };
  }
}

async function diffOf(sandbox: Sandbox, base: string): Promise<string> {
  const line = `git add -A && git -c color.ui=false diff --cached --binary ${base}`;
  const id = `diff-${Date.now()}`;
  const ran = await sandbox.run({ id, argv: ['bash', '-c', line] }, { maxOutputBytes: DIFF_MAX_BYTES });
  return ran.output.text;
}

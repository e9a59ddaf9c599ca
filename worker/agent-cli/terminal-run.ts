// One request worked on for a person at a terminal: the sandbox, the agent, the diff.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configOfRepo } from '../../core/config/config.ts';
import { ThreadsmithError } from '../../core/errors.ts';
import { createLog } from '../../core/log.ts';
import { type Redact, withoutCredentials } from '../../core/redact.ts';
import { branchOf } from '../../core/session.ts';
import { openBrowser } from '../../sandbox/browser/open-browser.ts';
import type { Sandbox, SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { readGuide } from '../agent/guide.ts';
import { runAgent } from '../agent/harness.ts';
import { composeInstructions } from '../agent/instructions.ts';
import type { AgentAnswer, AgentOutcome, AgentTask } from '../agent/task.ts';
import { openMirror } from '../forge/mirror.ts';
import type { Model } from '../model/model.ts';
import { cleanPictures } from '../pictures/clean-artifacts.ts';
import { type Prepared, prepare } from '../workspace/prepare.ts';
import { FORGETFUL } from '../workspace/snapshot.ts';
import { openFileArtifacts } from './file-artifacts.ts';
import { openFileJournal } from './file-journal.ts';
import type { Terminal } from './terminal.ts';
import type { TerminalArguments } from './terminal-arguments.ts';

const MINUTE_MS = 60_000;
const DIFF_MAX_BYTES = 1024 * 1024;
const LIST_MAX_BYTES = 8 * 1024 * 1024;

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
  /** Asks the person, or gives null where nobody can be asked. */
  readonly ask: (question: string, options: readonly string[]) => Promise<string | null>;
}

/** Works on the request; returns how it ended, and the diff of all that the run has changed so far. */
export async function runInTerminal(
  run: TerminalRun,
): Promise<{ readonly outcome: AgentOutcome; readonly diff: string; readonly diffFile: string }> {
  const { args, provider } = run;
  const folder = join(run.data, 'runs', args.run);
  await mkdir(folder, { recursive: true });
  const prepared = await openRun(run, folder);
  const { sandbox } = prepared;
  try {
    const outcome = await converse(run, await taskOf(run, prepared, folder));
    const diff = await diffOf(sandbox, prepared.base);
    const diffFile = join(folder, 'change.diff');
    await writeFile(diffFile, diff);
    return { outcome, diff, diffFile };
  } finally {
    await sandbox.close();
    if (!args.keep) await provider.remove(sandbox.key);
  }
}

/** A run stays on the commit that it began with. */
async function openRun(run: TerminalRun, folder: string): Promise<Prepared> {
  const { name, url } = run.args.repo;
  const config = configOfRepo(name, url);
  const repo = config.repos[0];
  if (repo === undefined)
    throw new ThreadsmithError('internal', 'The repo got lost.', 'Report this as a bug.');
  const baseFile = join(folder, 'base');
  const baseCommit = await readFile(baseFile, 'utf8').catch(() => null);
  const sessionId = `run-${run.args.run}`;
  const prepared = await prepare({
    facts: {
      turnId: sessionId,
      sessionId,
      sandboxKey: sessionId,
      run: 'e1',
      fence: 1,
      branch: branchOf(run.args.run),
      requester: { id: 'terminal', name: 'terminal', email: null },
      startedAt: new Date(),
    },
    config,
    repo,
    mirror: openMirror(repo, join(run.data, 'repos')),
    provider: run.provider,
    baseCommit,
    goesOn: baseCommit !== null,
    headCommit: null,
    saved: null,
    failures: FORGETFUL,
    log: createLog({ level: 'warn' }),
    signal: run.signal,
    progress: (line) => run.terminal.note(line),
  });
  await writeFile(baseFile, prepared.base);
  return prepared;
}

async function taskOf(run: TerminalRun, prepared: Prepared, folder: string): Promise<AgentTask> {
  const { args, terminal, redact } = run;
  const { sandbox, base, defaultBranch, repoFile } = prepared;
  const { model } = configOfRepo(args.repo.name, args.repo.url);
  const { serve, pages, checks } = repoFile;
  const turnId = `turn-${createHash('sha256').update(args.request).digest('hex').slice(0, 10)}`;
  const guide = await readGuide({
    list: () => pathsOf(sandbox, base),
    read: (path) => textAt(sandbox, base, path),
  });
  return {
    sandbox,
    model: run.model,
    journal: openFileJournal(join(folder, 'journal.jsonl'), turnId, redact),
    artifacts: cleanPictures(openFileArtifacts(join(folder, 'artifacts'), sandbox.key, turnId, redact)),
    instructions: composeInstructions({
      repo: args.repo.name,
      branch: branchOf(args.run),
      defaultBranch,
      checks,
      app: serve === undefined ? null : { run: serve.run, port: serve.port, pages },
      rules: guide.rules,
      skills: guide.skills,
    }),
    guide,
    openChild: (callKey) => openFileJournal(join(folder, `child-${callKey}.jsonl`), turnId, redact),
    turnId,
    request: { kind: 'message', id: 'request', text: `<request>\n${args.request}\n</request>` },
    budget: {
      maxSteps: args.maxSteps ?? model.max_steps,
      maxMs: (args.maxMinutes ?? model.max_minutes) * MINUTE_MS,
    },
    signal: run.signal,
    report: async (event) => terminal.event(event),
    takeMessages: async () => [],
    redact: (text) => withoutCredentials(redact(text)),
    openBrowser: async () => (await openBrowser(sandbox)).hands(),
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

/** Of the commit that the run began with: the agent cannot rewrite its own rules. */
async function textAt(sandbox: Sandbox, commit: string, path: string): Promise<string | null> {
  const id = `rules-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;
  const ran = await sandbox.run({ id, argv: ['git', 'show', `${commit}:${path}`] });
  return ran.exitCode === 0 ? ran.output.text : null;
}

async function pathsOf(sandbox: Sandbox, commit: string): Promise<readonly string[]> {
  const argv = ['git', 'ls-tree', '-r', '-z', '--name-only', commit];
  const ran = await sandbox.run({ id: 'rules-list', argv }, { maxOutputBytes: LIST_MAX_BYTES });
  return ran.output.text.split('\0').filter((path) => path !== '');
}

async function diffOf(sandbox: Sandbox, base: string): Promise<string> {
  const line = `git add -A && git -c color.ui=false diff --cached --binary ${base}`;
  const id = `diff-${Date.now()}`;
  const ran = await sandbox.run({ id, argv: ['bash', '-c', line] }, { maxOutputBytes: DIFF_MAX_BYTES });
  return ran.output.text;
}

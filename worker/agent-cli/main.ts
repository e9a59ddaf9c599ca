// `npm run agent -- --repo PATH "request"` runs the agent in the terminal, to try a model or a prompt.
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Environment, readEnvironment } from '../../core/config/config.ts';
import { secretsOfEnvironment } from '../../core/config/known-secrets.ts';
import { hasCode, ThreadsmithError } from '../../core/errors.ts';
import { createLog } from '../../core/log.ts';
import { createRedactor, openRedactedStream, withoutCredentials } from '../../core/redact.ts';
import { createDockerProvider } from '../../sandbox/docker/provider.ts';
import { chooseModel } from '../model/choose-model.ts';
import { createModel } from '../model/create-model.ts';
import type { Model } from '../model/model.ts';
import { redactedModel } from '../model/redacted.ts';
import { serverInEnvironment } from '../model/server-address.ts';
import { inTerminal, openTerminal } from './terminal.ts';
import { asksForHelp, readArguments, requireRepo, USAGE } from './terminal-arguments.ts';
import { runInTerminal } from './terminal-run.ts';

const EXIT_FAILED = 1;
const EXIT_UNFINISHED = 3;

async function main(): Promise<number> {
  if (asksForHelp(process.argv.slice(2))) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const args = readArguments(process.argv.slice(2));
  requireRepo(args);
  const environment = readEnvironment(process.env);
  const secrets = secretsOfEnvironment(process.env);
  const redact = createRedactor(secrets);
  const model = redactedModel(await modelOf(environment), redact);
  const log = createLog({ level: 'warn' });
  const provider = createDockerProvider({ dockerHost: environment.DOCKER_HOST, installId: 'agent', log });
  const shown = openRedactedStream(secrets, (text) => process.stderr.write(text));
  const terminal = openTerminal(shown.push, process.stderr.isTTY);
  const abort = new AbortController();
  process.once('SIGINT', () => {
    const advice = args.keep
      ? 'The same request with the same --run goes on from here.'
      : 'Nothing was kept: begin with --run NAME to be able to go on.';
    abort.abort(new ThreadsmithError('stopped', 'Stopped.', advice));
  });
  terminal.note(`run ${args.run}, model ${model.name} (${model.api})`);
  try {
    const data = join(resolve(environment.THREADSMITH_DATA), 'agent');
    const signal = abort.signal;
    const { outcome, diff, diffFile } = await runInTerminal({
      args,
      data,
      provider,
      model,
      terminal,
      redact,
      signal,
      ask,
    });
    if (diff !== '') {
      process.stdout.write(diff);
      terminal.note(`The diff is in ${diffFile}; git apply takes it.`);
    }
    return outcome.kind === 'finished' ? 0 : EXIT_UNFINISHED;
  } finally {
    shown.end();
    await provider.close();
  }
}

async function modelOf(environment: Environment): Promise<Model> {
  const server = serverInEnvironment(environment);
  if (server === null) {
    throw new ThreadsmithError(
      'config_invalid',
      'No model is named: OPENAI_API_KEY, OPENAI_BASE_URL and ANTHROPIC_API_KEY are not set.',
      'Set OPENAI_API_KEY or ANTHROPIC_API_KEY, or OPENAI_BASE_URL for a server of your own.',
    );
  }
  return createModel({ ...server, name: server.model ?? (await chooseModel(server)) });
}

async function ask(question: string, options: readonly string[]): Promise<string | null> {
  const choices = options.length === 0 ? '' : ` (${options.join(' / ')})`;
  process.stderr.write(`\n? ${question}${choices}\n`);
  if (!process.stdin.isTTY) {
    process.stderr.write('Run it again with the same --run and --answer TEXT.\n');
    return null;
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question('> ');
  } finally {
    lines.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    if (!(thrown instanceof ThreadsmithError)) throw thrown;
    const redact = createRedactor(secretsOfEnvironment(process.env));
    process.stderr.write(`\n${withoutCredentials(redact(inTerminal(thrown)))}\n`);
    process.exitCode = hasCode(thrown, 'stopped') ? EXIT_UNFINISHED : EXIT_FAILED;
  },
);

// `npm start`: brings up everything that the environment does not name, and keeps it running until Ctrl-C.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readConfig, readEnvironment } from '../core/config/config.ts';
import { ThreadsmithError } from '../core/errors.ts';
import { acquireLock, isLock, type Lock } from '../core/lock-file.ts';
import { exitCodeOf, watchForStop } from './processes/stopping.ts';
import { readStartArguments } from './start/arguments.ts';
import { embeddedParts } from './start/environments.ts';
import { isVerified, type PlayedRequest, playRequest } from './start/first-request.ts';
import { chooseConfig, resetSample } from './start/sample.ts';
import { bringUp, type House } from './start/stack.ts';
import { connectWorkspace } from './start/workspace-client.ts';
import { createDataDirectory, type DataDirectory, dataDirectory } from './system/data-directory.ts';
import { asPart, processTerminal, type Terminal } from './system/terminal.ts';

const REQUEST_TIMEOUT_MS = 180_000;

const terminal = processTerminal();
try {
  process.exitCode = await start(terminal);
} catch (thrown) {
  terminal.close();
  if (thrown instanceof ThreadsmithError) process.stderr.write(`\n✗ ${thrown.message}\n  ${thrown.advice}\n`);
  else process.stderr.write(`\n✗ ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exitCode = 1;
}
process.exit();

async function start(terminal: Terminal): Promise<number> {
  const args = readStartArguments(process.argv.slice(2));
  const environment = readEnvironment(process.env);
  const data = dataDirectory(environment.THREADSMITH_DATA);
  createDataDirectory(data);
  const lock = lockData(data, args.once);
  const stopping = watchForStop(() => process.exit(130));
  const startedAt = Date.now();
  let house: House | undefined;
  try {
    const parts = embeddedParts(environment, args.once);
    const config = chooseConfig(environment, data, args.once);
    if (!config.isSample) readConfig(config.file);
    house = await bringUp({ terminal, args, environment, data, parts, config, signal: stopping.signal });
    if (house.workspaceUrl !== null) lock.describe(house.workspaceUrl);
    terminal.say(`  Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
    if (args.once) return await playOnce(terminal, data, house, stopping.signal);
    await stay(terminal, data, house, config.isSample, stopping.signal);
    return exitCodeOf(stopping.cause());
  } finally {
    if (!stopping.signal.aborted && house !== undefined && !args.once)
      terminal.warn('Threadsmith has to stop.');
    await house?.stop();
    lock.release();
    terminal.close();
  }
}

function lockData(data: DataDirectory, once: boolean): Lock {
  const lock = acquireLock(data.lock, 'starting');
  if (isLock(lock)) return lock;
  const where = lock.note.startsWith('http') ? ` It is at ${lock.note}.` : '';
  throw new ThreadsmithError(
    'config_invalid',
    `Threadsmith is already running in ${data.root} (process ${lock.pid}).${where}`,
    once
      ? 'Ask in its local workspace, stop it first, or give this run its own folder with THREADSMITH_DATA.'
      : 'Stop it first, or give this one its own folder with THREADSMITH_DATA and its own --port.',
  );
}

async function stay(
  terminal: Terminal,
  data: DataDirectory,
  house: House,
  isSample: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (house.workspaceUrl !== null && isSample && !existsSync(data.firstRequest)) {
    terminal.say('  This is the first start, so one request is played in the local workspace.');
    const played = await play(terminal, data, house, signal).catch((thrown: unknown) => {
      terminal.warn(thrown instanceof Error ? thrown.message : String(thrown));
      return null;
    });
    if (played !== null && played.state === 'done') {
      writeFileSync(data.firstRequest, JSON.stringify({ at: new Date().toISOString(), state: played.state }));
    }
  }
  terminal.say('');
  if (house.workspaceUrl === null)
    terminal.say('  Mention Threadsmith in a channel of your Slack workspace.');
  else {
    terminal.say(`  Open ${house.workspaceUrl} and mention @threadsmith in #shop.`);
    terminal.say('  Your own Slack, model and repos: see "Connect" in README.md.');
  }
  terminal.say(`  Logs are in ${relative(process.cwd(), data.logs)}/. Ctrl-C stops everything.`);
  await Promise.race([
    house.givenUp,
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }),
  ]);
  if (signal.aborted) terminal.say('  Stopping.');
}

async function playOnce(
  terminal: Terminal,
  data: DataDirectory,
  house: House,
  signal: AbortSignal,
): Promise<number> {
  if (await resetSample(data)) terminal.say('  The sample repo was set back to how it began.');
  const played = await play(terminal, data, house, signal);
  terminal.say(`\n${played.text}\n`);
  for (const file of played.pictures) {
    const kind = file.endsWith('.gif') ? 'Recording' : 'Screenshot';
    terminal.say(`${kind} ${relative(process.cwd(), file)}`);
  }
  if (played.result?.kind === 'change')
    terminal.say(`Commit ${played.result.commit} on ${played.result.branch}`);
  if (played.failure !== null) terminal.warn(`${played.failure.message} ${played.failure.advice}`);
  const verified = isVerified(played);
  terminal.say(verified ? 'The change was verified.' : `The change was not verified (${played.state}).`);
  return verified ? 0 : 1;
}

function play(
  terminal: Terminal,
  data: DataDirectory,
  house: House,
  signal: AbortSignal,
): Promise<PlayedRequest> {
  const pictureFolder = join(data.root, 'screenshots');
  rmSync(pictureFolder, { recursive: true, force: true });
  return asPart(terminal, 'First request', async (part) => {
    const value = await playRequest({
      databaseUrl: house.databaseUrl,
      workspace: connectWorkspace(house.workspaceUrl ?? ''),
      pictureFolder,
      timeoutMs: REQUEST_TIMEOUT_MS,
      onProgress: (text) => part.note(text),
      signal,
    });
    return { value, detail: isVerified(value) ? 'a verified change waits in the thread' : value.state };
  });
}

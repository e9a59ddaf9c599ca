// How soon Stop has stopped, in each phase of a turn: from the click to Slack taking the message that says so.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACTION } from '../../blocks/parts/actions.ts';
import { readInstallId } from '../../core/install-id.ts';
import type { Figure } from '../report/figure.ts';
import type { BenchSurroundings } from '../report/surroundings.ts';
import { removeOwn } from '../sandbox/ground.ts';
import { p95InMs } from '../sandbox/samples.ts';
import { type BenchWorkspace, eventually, openWorkspace } from '../slack/workspace.ts';

/** How often each phase is stopped. */
export const FULL = 5;
export const SHORT = 1;

/** What a team is promised, in every phase. */
const STOPPED_MS = 2_000;
/** Nobody clicks sooner after what they see; a message is updated every two seconds at most. */
const REACTION_MS = 250;
const MEMORY_MB = 512;

interface Moment {
  readonly name: string;
  readonly request: string;
  /** What the status says while it lasts. */
  readonly shown: RegExp;
  /** What the model does. */
  readonly steps: readonly object[];
}

const runs = (command: string) => ({ tools: [{ name: 'shell', arguments: { command } }] });

const MOMENTS: readonly Moment[] = [
  { name: 'sandbox', request: 'begin there', shown: /^Preparing.*sleep 600/, steps: [{ say: 'Never.' }] },
  {
    name: 'model',
    request: 'think it over',
    shown: /^Working/,
    steps: [{ hold: 'for ever', say: 'Never.' }],
  },
  {
    name: 'command',
    request: 'take a nap',
    shown: /^Working.*: Run sleep 600/,
    steps: [runs('sleep 600'), { say: 'Never.' }],
  },
  {
    name: 'checks',
    request: 'hold the check',
    shown: /^Verifying/,
    steps: [runs('touch hold.md'), { say: 'Done.' }],
  },
];
/** The setup of this branch takes longer than anybody waits. */
const SLOW_BRANCH = 'slow';

/** The figures of Stop, with a worker on this engine. */
export async function* benchStop(
  surroundings: BenchSurroundings,
  dockerHost: string,
  samples: number,
): AsyncIterable<Figure> {
  const config = {
    repos: [{ name: 'notes', url: createRepo(surroundings.folder), channels: ['shop'] }],
    people: { start: ['everyone'], approve: [], merge: [] },
    sandbox: { memory_mb: MEMORY_MB },
  };
  const workspace = await openWorkspace(surroundings, { config, dockerHost });
  try {
    const { channels } = await workspace.state();
    const channel = channels.find(({ name }) => name === 'shop')?.id ?? 'shop';
    for (const moment of MOMENTS) {
      await workspace.record(moment.name, { match: moment.request, steps: moment.steps });
      const times: number[] = [];
      for (let count = 0; count < samples; count += 1) times.push(await stopOnce(workspace, channel, moment));
      yield p95InMs(`stop.${moment.name}_p95_ms`, times, STOPPED_MS);
    }
  } finally {
    await workspace.close();
    await removeOwn(dockerHost, readInstallId(workspace.data));
  }
}

/** Asks, waits for the moment, and stops. Gives the time from the click on. */
async function stopOnce(
  workspace: BenchWorkspace,
  channel: string,
  { name, request, shown }: Moment,
): Promise<number> {
  const branch = name === 'sandbox' ? `, branch=${SLOW_BRANCH}` : '';
  const root = await workspace.post({ user: 'mira', channel, text: `@threadsmith ${request}${branch}` });
  const { ts } = await eventually(`${request} to be at work`, async () =>
    (await workspace.thread(channel, root)).find(
      ({ text, blocks }) => shown.test(text) && JSON.stringify(blocks).includes(ACTION.stop),
    ),
  );
  await sleep(REACTION_MS);
  const clickedAt = Date.now();
  await workspace.act('/actions', { user: 'mira', channel, ts, action_id: ACTION.stop });
  const stopped = await eventually(`${request} to be stopped`, async () =>
    (await workspace.calls()).find(
      ({ method, ok, args }) =>
        ok && method === 'chat.update' && args.ts === ts && args.text?.startsWith('Stopped') === true,
    ),
  );
  return stopped.at.getTime() - clickedAt;
}

/** A repo whose check waits for as long as a file says so. Gives its path. */
function createRepo(folder: string): string {
  const copy = join(folder, 'notes');
  mkdirSync(copy);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.com', ...args], {
      cwd: copy,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const commit = (settings: object) => {
    writeFileSync(join(copy, '.threadsmith.yaml'), JSON.stringify(settings));
    git('add', '-A');
    git('commit', '-q', '-m', 'Settings');
  };
  const checks = [{ name: 'hours', run: 'test ! -e hold.md || sleep 600' }];
  git('init', '-q', '-b', 'main');
  commit({ checks });
  git('checkout', '-q', '-b', SLOW_BRANCH);
  commit({ checks, setup: ['sleep 600'] });
  git('checkout', '-q', 'main');
  const bare = join(folder, 'notes.git');
  git('clone', '-q', '--bare', copy, bare);
  return bare;
}

// What passes between bot and worker about snapshots: a failing setup is told once, an opened form makes ready.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHORTCUT } from '../../blocks/parts/actions.ts';
import { createLog } from '../../core/log.ts';
import { endSnapshotFailures, noteSnapshotFailure } from '../../db/log/snapshot-failures.ts';
import { listen } from '../../db/transport/notify.ts';
import { MIRA, PLATFORM, SHOP, Stage, until } from './stage.ts';

const CONFIG = {
  repos: [
    { name: 'bakery', url: './bakery', channels: ['shop'], warm: 1 },
    { name: 'ledger', url: './ledger', channels: ['alerts'] },
  ],
  people: { start: ['everyone'] },
};
const FAILURE = {
  code: 'setup_failed',
  message: 'The setup line `npm ci` failed (1):\nnpm error code E404',
  advice: 'Correct `setup`.',
} as const;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({ config: CONFIG, silent: true });
});
afterAll(async () => stage.close());

it('a repo whose setup fails is told of in its channel once, and again when it had worked in between', async () => {
  const em = () => stage.database.em();
  const addSession = (channel: string, ts: string) =>
    stage.rows(
      `insert into session (id, team_id, channel_id, thread_ts, repo, branch, state, starter_id)
       values (?, 'T1', ?, ?, 'bakery', 'b', 'open', ?)`,
      [`s${ts}`, channel, ts, MIRA],
    );
  await addSession(SHOP, '1');
  await addSession(PLATFORM, '2');
  const told = async () =>
    (await stage.calls('chat.postMessage')).filter(
      ({ ok, args }) => ok && JSON.stringify(args).includes('The setup of bakery'),
    );
  await noteSnapshotFailure(em(), 'bakery', 'alike', FAILURE);
  await until(async () => (await told()).length === 1);
  await noteSnapshotFailure(em(), 'bakery', 'alike', FAILURE);
  await endSnapshotFailures(em(), 'bakery');
  await noteSnapshotFailure(em(), 'bakery', 'alike', FAILURE);
  await until(async () => (await told()).length >= 2);
  const calls = await told();
  expect(calls.map(({ args }) => args['channel'])).toEqual([SHOP, SHOP]);
  expect(JSON.stringify(calls[0]?.args)).toContain('E404');
});

it('a form that is opened has the workers make ready what is likely to be asked for', async () => {
  const hints: string[] = [];
  const listener = listen(stage.databaseUrl, (topic) => hints.push(topic), createLog({ level: 'error' }));
  try {
    await until(async () => {
      await stage.act('shortcuts', { user: MIRA, callback_id: SHORTCUT.start });
      return hints.includes('warm bakery');
    });
    expect(hints.filter((hint) => hint.startsWith('warm ') && hint !== 'warm bakery')).toEqual([]);
  } finally {
    await listener.close();
  }
});

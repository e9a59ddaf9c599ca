// Files that the agent gives to people: each comes to the thread once, as a file that they can open.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openArtifacts, openContentFolder } from '../../db/log/artifacts.ts';
import type { Lease } from '../../db/schema/lease.ts';
import type { Json } from '../playground/slack-setup.ts';
import { Stage, until } from './stage.ts';
import { WorkerHand } from './worker-hand.ts';

let stage: Stage;
let worker: WorkerHand;
beforeAll(async () => {
  stage = await Stage.start();
  worker = new WorkerHand(stage);
});
afterAll(() => stage.close());

async function give(lease: Lease, name: string, title: string): Promise<void> {
  const store = openArtifacts(stage.database, openContentFolder(join(stage.dir, 'data', 'artifacts')), lease);
  const content = Buffer.from('day,sold\nmonday,12\n');
  const { id } = await store.save({ kind: 'file', name, mimeType: 'text/csv', altText: title, content });
  await worker.report(lease, { type: 'artifact.published', artifactId: id, name, title });
}

it('come to the thread once, under their title, and the turn goes on', async () => {
  const root = await stage.slack.say('@threadsmith how much did we sell?');
  const turn = await until(async () => {
    const found = await stage.turn();
    return found.state === 'queued' && found;
  });
  const lease = await worker.claim(turn.id);
  const files = async (): Promise<Json[]> =>
    (await stage.answers(root)).flatMap((message) => {
      const shared: unknown = message['files'];
      return Array.isArray(shared) ? shared : [];
    });
  await give(lease, 'sales.csv', 'Sales of the week');
  await until(async () => (await files()).length === 1);
  await give(lease, 'more.csv', 'Sales of the month');
  await until(async () => (await files()).length === 2);
  expect((await files()).map((file) => [file['name'], file['title']])).toEqual([
    ['sales.csv', 'Sales of the week'],
    ['more.csv', 'Sales of the month'],
  ]);
  const usage = { model: 'm', steps: 1, inputTokens: 1, cachedTokens: 0, outputTokens: 1, durationMs: 1 };
  await worker.finish(lease, { kind: 'answer', text: 'Twelve on Monday.', repo: 'bakery', usage });
  await until(async () =>
    (await stage.answers(root)).some(({ text }) => String(text).includes('Twelve on Monday.')),
  );
  // The message was drawn again several times since: no file came twice. What Slack refused at a limit did not come.
  const uploads = await stage.calls('files.completeUploadExternal');
  expect(uploads.filter(({ ok }) => ok)).toHaveLength(2);
  expect(await files()).toHaveLength(2);
});

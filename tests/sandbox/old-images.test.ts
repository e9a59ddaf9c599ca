// Images of earlier versions are removed; those of another version that runs at the same time stay.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INSTALL_LABEL, KIND_LABEL } from '../../sandbox/docker/labels.ts';
import { removeOldImages } from '../../sandbox/docker/sweep.ts';
import { openTestEngine, type TestEngine } from './engine.ts';

let engine: TestEngine;
const tags: string[] = [];

beforeAll(async () => {
  engine = openTestEngine();
});
afterAll(async () => {
  for (const tag of tags)
    await engine.docker
      .getImage(tag)
      .remove()
      .catch(() => undefined);
  await engine.close();
});

/** An image as this installation, or another one, would have built it now. */
async function build(repo: string, name: string, installId = engine.installId): Promise<string> {
  const { docker } = engine;
  const image = await engine.provider.ensureImage(() => {});
  const container = await docker.createContainer({
    Image: image,
    Labels: { [INSTALL_LABEL]: engine.installId },
  });
  const tag = `${name}-${engine.installId}`;
  try {
    const changes = `LABEL ${INSTALL_LABEL}=${installId}\nLABEL ${KIND_LABEL}=image`;
    await container.commit({ repo, tag, changes });
  } finally {
    await container.remove({ force: true });
  }
  tags.push(`${repo}:${tag}`);
  return `${repo}:${tag}`;
}

it('what this installation built before is removed, but nothing newer, in use, or of others', async () => {
  const old = await build('threadsmith-sandbox', 'old');
  const oldBase = await build('threadsmith-base', 'old');
  const used = await build('threadsmith-sandbox', 'used');
  const foreign = await build('threadsmith-sandbox', 'foreign', 'another');
  const sandbox = await engine.provider.open({ key: 'user', image: used });
  // The engine's lists have whole seconds.
  await sleep(1_100);
  const current = await build('threadsmith-sandbox', 'current');
  const base = await build('threadsmith-base', 'current');
  await sleep(1_100);
  const newer = await build('threadsmith-sandbox', 'newer');
  await removeOldImages(engine.docker, engine.installId, [current, base]);
  const images = (await engine.docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  expect(tags.filter((tag) => !images.includes(tag))).toEqual([old, oldBase]);
  expect(images).toEqual(expect.arrayContaining([used, foreign, current, base, newer]));
  await sandbox.close();
  await engine.provider.remove('user');
});

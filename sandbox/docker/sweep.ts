// Removes throw-away containers of killed processes, and images of earlier versions.
import type Docker from 'dockerode';
import { unless } from './engine.ts';
import { EXPIRES_LABEL, labelFilter } from './labels.ts';

/** Removes containers of builds and setups whose time is over. */
export async function sweepLeftovers(docker: Docker, installId: string): Promise<void> {
  const nowSeconds = Date.now() / 1000;
  for (const kind of ['build', 'setup'] as const) {
    const found = await docker.listContainers({ all: true, filters: labelFilter(installId, kind) });
    for (const { Id, Labels } of found) {
      const expires = Number(Labels[EXPIRES_LABEL] ?? 0);
      if (expires > nowSeconds) continue;
      await docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => undefined);
    }
  }
}

/**
 * Removes sandbox and base images of this installation that are older than those of `current`. Newer ones stay: during
 * an update two versions run, and neither may remove the image that the other has just built.
 */
export async function removeOldImages(
  docker: Docker,
  installId: string,
  current: readonly string[],
): Promise<void> {
  const images = await docker.listImages({ filters: labelFilter(installId, 'image') });
  for (const image of current) {
    const found = await docker.getImage(image).inspect().catch(unless(404));
    if (found === undefined) continue;
    const builtAt = Date.parse(found.Created) / 1000;
    const [repo] = image.split(':');
    const old = images
      .filter(({ Created }) => Created < Math.floor(builtAt))
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .filter((tag) => tag.split(':')[0] === repo && tag !== image);
    // 409: a sandbox still uses it; the next process tries again.
    for (const tag of old) await docker.getImage(tag).remove().catch(unless(404, 409));
  }
}

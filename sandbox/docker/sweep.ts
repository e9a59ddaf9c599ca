// Throw-away containers that a killed process left behind. Only ours, and only after their time.
import type Docker from 'dockerode';
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

// Opens a provider for one test file. Its own install id shows sandboxes that the file did not remove, which is an error.
import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { createDockerProvider, type DockerProviderOptions } from '../../sandbox/docker/provider.ts';
import type { SandboxProvider } from '../../sandbox/port/sandbox.ts';
import { part } from '../setup/environment.ts';

export interface TestEngine {
  readonly provider: SandboxProvider;
  readonly docker: Docker;
  readonly installId: string;
  /** Makes another provider on the same installation, as a second worker does. */
  another(options?: Partial<DockerProviderOptions>): SandboxProvider;
  /** The container of a sandbox. */
  container(key: string): Docker.Container;
  /** Removes everything of this test file. Throws where the file did not remove its sandboxes. */
  close(): Promise<void>;
}

/** Opens a provider for a test file. */
export function openTestEngine(options: Partial<DockerProviderOptions> = {}): TestEngine {
  const dockerHost = part('DOCKER_HOST');
  const installId = `t${randomBytes(4).toString('hex')}`;
  const docker = new Docker(
    dockerHost.startsWith('unix://')
      ? { socketPath: dockerHost.slice('unix://'.length) }
      : { host: new URL(dockerHost).hostname, port: new URL(dockerHost).port },
  );
  const opened: SandboxProvider[] = [];
  const another = (more: Partial<DockerProviderOptions> = {}): SandboxProvider => {
    const provider = createDockerProvider({ dockerHost, installId, ...options, ...more });
    opened.push(provider);
    return provider;
  };
  const provider = another();
  return {
    provider,
    docker,
    installId,
    another,
    container: (key) => docker.getContainer(`threadsmith-${installId}-${key}`),
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      const left = await removeAll(docker, installId);
      if (left.length > 0) throw new Error(`sandboxes were not removed: ${left.join(', ')}`);
    },
  };
}

async function removeAll(docker: Docker, installId: string): Promise<string[]> {
  const filters = { label: [`threadsmith.install=${installId}`] };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const { Volumes } = await docker.listVolumes({ filters });
  await Promise.all((Volumes ?? []).map(({ Name }) => docker.getVolume(Name).remove()));
  const images = await docker.listImages({ filters });
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes('-snapshot:'));
  await Promise.all(tags.map((tag) => docker.getImage(tag).remove()));
  return containers.map(({ Names }) => Names.join(' '));
}

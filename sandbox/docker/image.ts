// Finds the sandbox image on a Docker Engine, or builds it in two layers: Debian, then Node and the toolhost.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { ThreadsmithError } from '../../core/errors.ts';
import { withBuildLock } from '../image/build-lock.ts';
import { type DebianMirrors, findDebianMirrors, sourcesList } from '../image/debian-mirrors.ts';
import { withBootstrappedRoot } from '../image/debootstrap.ts';
import { baseHash, baseScript, SEARCH_PATH, shortHash, WORK_DIR } from '../image/recipe.ts';
import { runtimeHash, runtimeTar } from '../image/runtime-files.ts';
import type { Progress } from '../port/sandbox.ts';
import { type ExecOptions, execToEnd } from './container-exec.ts';
import { answered, followProgress, reasonOf } from './engine.ts';
import { expiresIn, labels } from './labels.ts';

/** How long a registry may stay silent before the image is built from Debian packages instead. */
const REGISTRY_SILENCE_MS = 8_000;
const REGISTRY_TOTAL_MS = 180_000;
/** A build takes minutes; the container of a killed build ends by itself after this. */
const BUILD_KEEP_SECONDS = 1800;
const RETRY_MS = 5_000;

/** Exit code of a script that found itself outside of its container. */
const OUTSIDE = 97;

export interface ImageBuild {
  readonly docker: Docker;
  readonly installId: string;
  /** Proxy variables of this machine, for the package manager. Never stored in the image. */
  readonly proxyEnv: Readonly<Record<string, string>>;
  /** This machine's certificate bundle, for mirrors behind a company's own authority. */
  readonly caFile: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** The reference of the sandbox image, built first where it is missing. */
export async function ensureSandboxImage(build: ImageBuild): Promise<string> {
  const mirrors = findDebianMirrors();
  const base = baseImageName();
  const image = `threadsmith-sandbox:${shortHash([base, await runtimeHash()])}`;
  if (await hasImage(build.docker, image)) return image;
  return withBuildLock(
    image,
    async () => {
      if (await hasImage(build.docker, image)) return image;
      const startedAt = Date.now();
      if (!(await hasImage(build.docker, base))) await buildBase(build, mirrors, base);
      build.progress('adding Node, npm and the toolhost');
      await inContainer(build, base, (container) => addRuntime(build, container, image));
      build.progress(`the sandbox image is ready (${Math.round((Date.now() - startedAt) / 1000)} s)`);
      return image;
    },
    build.signal,
  );
}

/** The reference of the base image. It is kept, so that a change of the toolhost takes seconds. */
export function baseImageName(): string {
  return `threadsmith-base:${baseHash(findDebianMirrors().suite)}`;
}

/** True where the engine has the image. */
export async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (thrown) {
    if (answered(thrown, 404)) return false;
    throw thrown;
  }
}

async function buildBase(build: ImageBuild, mirrors: DebianMirrors, base: string): Promise<void> {
  const { docker } = build;
  const bare =
    (await pullBare(build, mirrors.suite)) ?? (await twice(build, () => bootstrapBare(build, mirrors)));
  await twice(build, () => installPackages(build, mirrors, bare, base));
  // The layers stay, as the parent of the new image. A tag that was pulled may be in other use.
  if (bare.startsWith('threadsmith-')) await docker.getImage(bare).remove({ noprune: true });
}

/** Runs `work` a second time where it failed: mirrors fail for a moment, and change while they are read. */
async function twice<T>({ progress, signal }: ImageBuild, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (signal?.aborted === true || !(thrown instanceof ThreadsmithError) || thrown.retry !== 'later')
      throw thrown;
    progress(`trying again: ${thrown.message}`);
    await sleep(RETRY_MS, undefined, signal === undefined ? {} : { signal });
    return work();
  }
}

async function installPackages(
  build: ImageBuild,
  mirrors: DebianMirrors,
  bare: string,
  base: string,
): Promise<void> {
  const { progress, signal } = build;
  await inContainer(build, bare, async (container) => {
    await container.putArchive(await hostFiles(build.caFile), { path: '/' });
    const { exitCode, tail } = await runInside(container, baseScript(sourcesList(mirrors)), {
      env: build.proxyEnv,
      onLine: (line) => line.startsWith('stage: ') && progress(line.slice('stage: '.length)),
      signal,
    });
    if (exitCode !== 0) throw packagesFailed(tail);
    progress('saving the base system');
    await commit(container, base, labels(build.installId, 'image'));
  });
}

function packagesFailed(tail: string): ThreadsmithError {
  const lines = tail.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.findLast((line) => /^(E|Err|W):/.test(line)) ?? lines.at(-1) ?? 'no output';
  return new ThreadsmithError(
    'image_build_failed',
    `Debian packages for the sandbox image could not be installed: ${reason.slice(0, 300)}`,
    'Check that the Debian mirror in /etc/apt answers from this machine, then start again.',
    { retry: 'later' },
  );
}

/** Tries a registry; undefined where none answers in time. */
async function pullBare(build: ImageBuild, suite: string): Promise<string | undefined> {
  const { docker, progress, signal } = build;
  const reference = `debian:${suite}-slim`;
  if (await hasImage(docker, reference)) return reference;
  progress(`looking for ${reference} in a registry`);
  const silent = new AbortController();
  const silence = setTimeout(() => silent.abort(), REGISTRY_SILENCE_MS);
  const timeout = AbortSignal.timeout(REGISTRY_TOTAL_MS);
  const giveUp = AbortSignal.any([silent.signal, timeout, ...(signal === undefined ? [] : [signal])]);
  try {
    const stream = await docker.pull(reference, { abortSignal: giveUp });
    await followProgress(docker, stream, () => silence.refresh());
    return reference;
  } catch (thrown) {
    signal?.throwIfAborted();
    if (!giveUp.aborted && !answered(thrown, 404, 500, 502, 503, 504) && !(thrown instanceof Error))
      throw thrown;
    progress('no registry answers: building from Debian packages (one to two minutes)');
    return undefined;
  } finally {
    clearTimeout(silence);
  }
}

async function bootstrapBare(build: ImageBuild, mirrors: DebianMirrors): Promise<string> {
  const { docker, progress, signal } = build;
  const tag = `bare-${mirrors.suite}-${process.pid}`;
  return withBootstrappedRoot(
    mirrors,
    progress,
    async (tar) => {
      progress('importing the bare system');
      await followProgress(docker, await docker.importImage(tar, { repo: 'threadsmith-base', tag }));
      return `threadsmith-base:${tag}`;
    },
    signal,
  );
}

/**
 * Runs a script as root in a build container, and nowhere else. An engine that was started in a chroot
 * without pivot_root joins an exec to the root of the machine itself: this script, run there, would strip
 * that machine. So it first looks for a file that only this container has.
 */
async function runInside(
  container: Docker.Container,
  script: string,
  options: Pick<ExecOptions, 'env' | 'onLine' | 'signal'>,
): Promise<{ exitCode: number; tail: string }> {
  const mark = `threadsmith-build-${randomUUID()}`;
  const tar = pack();
  tar.entry({ name: mark }, '');
  tar.finalize();
  await container.putArchive(Readable.from(tar), { path: '/' });
  const guard = `if [ ! -f /${mark} ] || [ ! -f /.dockerenv ]; then exit ${OUTSIDE}; fi; rm /${mark}\n`;
  const argv = ['sh', '-s'];
  const result = await execToEnd(container, { ...options, argv, user: 'root', stdin: guard + script });
  if (result.exitCode !== OUTSIDE) return result;
  throw new ThreadsmithError(
    'sandbox_refused',
    'This Docker Engine runs commands outside of the container that they were meant for, so nothing was run.',
    'Start the Docker Engine on the machine itself, not in a chroot or with DOCKER_RAMDISK set.',
  );
}

/** Runs `use` with a throw-away container on the host's network, which runs our own recipe and nothing of a repo. */
async function inContainer<T>(
  build: ImageBuild,
  image: string,
  use: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  const container = await build.docker.createContainer({
    Image: image,
    Cmd: ['sleep', String(BUILD_KEEP_SECONDS)],
    User: 'root',
    Labels: labels(build.installId, 'build', expiresIn(BUILD_KEEP_SECONDS)),
    HostConfig: { NetworkMode: 'host', Init: true, AutoRemove: true },
  });
  try {
    await container.start();
    return await use(container);
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

async function addRuntime(build: ImageBuild, container: Docker.Container, image: string): Promise<void> {
  await container.putArchive(runtimeTar(), { path: '/' });
  // Shows that Node and npm run before anything is built on them.
  const script = 'set -e; chown -R root:root /usr/local; node --version; npm --version';
  const check = await runInside(container, script, { signal: build.signal });
  if (check.exitCode !== 0) {
    throw new ThreadsmithError(
      'image_build_failed',
      `Node or npm does not run in the sandbox image: ${check.tail.trim().slice(-300)}`,
      'Remove the images named threadsmith-base and threadsmith-sandbox and start again.',
    );
  }
  await commit(container, image, labels(build.installId, 'image'), [
    'USER agent',
    `WORKDIR ${WORK_DIR}/repo`,
    `ENV PATH=${SEARCH_PATH}`,
  ]);
}

async function commit(
  container: Docker.Container,
  reference: string,
  imageLabels: Record<string, string>,
  changes: readonly string[] = [],
): Promise<void> {
  const [repo, tag] = reference.split(':');
  const labelChanges = Object.entries(imageLabels).map(([name, value]) => `LABEL ${name}=${value}`);
  try {
    await container.commit({ repo, tag, pause: true, changes: [...labelChanges, ...changes].join('\n') });
  } catch (thrown) {
    throw new ThreadsmithError(
      'image_build_failed',
      `The Docker Engine could not save the sandbox image: ${reasonOf(thrown)}`,
      'Check the free disk space of the Docker Engine and start again.',
      { retry: 'later', cause: thrown },
    );
  }
}

/** A tar of certificates and proxy settings of this machine's package manager; the recipe deletes them at its end. */
async function hostFiles(caFile: string): Promise<NodeJS.ReadableStream> {
  const tar = pack();
  const certificates = await readFile(caFile).catch(() => undefined);
  if (certificates !== undefined) tar.entry({ name: 'etc/ssl/certs/ca-certificates.crt' }, certificates);
  const proxyLines = await promisify(execFile)('apt-config', ['dump'])
    .then(({ stdout }) => stdout.split('\n').filter((line) => /^Acquire::https?::Proxy/i.test(line)))
    .catch(() => []);
  tar.entry(
    { name: 'etc/apt/apt.conf.d/99threadsmith-host', mode: 0o600 },
    `Acquire::Retries "3";\n${proxyLines.join('\n')}\n`,
  );
  tar.finalize();
  return Readable.from(tar);
}

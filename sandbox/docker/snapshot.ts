// A prepared image of a repo: files put in, `setup` run in a throw-away container that reaches the public
// internet through the egress proxy and nothing else, the result committed.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { ThreadsmithError } from '../../core/errors.ts';
import { openEgress } from '../egress/open-egress.ts';
import { type EgressPolicy, parseDestination } from '../egress/policy.ts';
import { withBuildLock } from '../image/build-lock.ts';
import { TEMP_DIR, WORK_DIR } from '../image/recipe.ts';
import { type Progress, REPO_DIR, type SandboxLimits, type SnapshotSpec } from '../sandbox.ts';
import { ToolhostClient } from '../toolhost/client.ts';
import { ToolhostSandbox } from '../toolhost/toolhost-sandbox.ts';
import { hasImage } from './image.ts';
import { expiresIn, KEY_LABEL, labels } from './labels.ts';
import { openToolhostStream } from './toolhost-stream.ts';
import { checkSeenWalls, checkWalls, containerSettings, type WallOptions } from './walls.ts';

const CA_PATH = '/tmp/host-certificates.crt';
const OUTPUT_TAIL_CHARS = 1500;
/** On top of the setup's own time, for files in and the commit. */
const KEEP_EXTRA_SECONDS = 1800;

export interface SnapshotBuild {
  readonly docker: Docker;
  readonly installId: string;
  readonly baseImage: string;
  readonly limits: SandboxLimits;
  readonly swapLimit: boolean;
  readonly runtime: string | undefined;
  readonly caFile: string;
  readonly npmRegistry: string | undefined;
  readonly insideHosts: readonly string[];
  readonly spec: SnapshotSpec;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** The snapshot's image, from the cache where its key was built on this base image before. */
export async function buildSnapshot(build: SnapshotBuild): Promise<string> {
  const { docker, installId, baseImage, spec, signal } = build;
  const base = baseImage.split(':').pop() ?? '';
  const image = `threadsmith-snapshot:${installId}-${spec.key}-${base}`.slice(
    0,
    128 + 'threadsmith-snapshot:'.length,
  );
  if (await hasImage(docker, image)) return image;
  return withBuildLock(
    image,
    async () => ((await hasImage(docker, image)) ? image : inSetupContainer(build, image)),
    signal,
  );
}

async function inSetupContainer(build: SnapshotBuild, image: string): Promise<string> {
  const { docker, installId, spec, progress, signal } = build;
  const keepSeconds = spec.setupTimeoutMs / 1000 + KEEP_EXTRA_SECONDS;
  const walls: WallOptions = {
    image: build.baseImage,
    limits: build.limits,
    labels: labels(installId, 'setup', expiresIn(keepSeconds)),
    runtime: build.runtime,
  };
  const container = await docker.createContainer(containerSettings(walls));
  try {
    checkWalls(await container.inspect(), walls, build.swapLimit);
    await container.start();
    const toolhost = await ToolhostClient.attach(await openToolhostStream(container), 0);
    checkSeenWalls(toolhost.hello);
    const sandbox = new ToolhostSandbox('setup', true, toolhost);
    progress('copying the repo into the sandbox');
    await toolhost.write(`${TEMP_DIR}/files.tar`, spec.files());
    await unpackFiles(sandbox);
    await withEgress(build, sandbox, (env, refused) => runSetup(build, sandbox, env, refused));
    await removeTraces(sandbox);
    await sandbox.close();
    signal?.throwIfAborted();
    progress('saving the prepared repo');
    await container.commit({
      ...splitReference(image),
      pause: true,
      changes: snapshotLabels(installId, spec.key),
    });
    return image;
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown;
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

async function unpackFiles(sandbox: ToolhostSandbox): Promise<void> {
  const unpacked = await sandbox.run({
    id: 'unpack',
    argv: ['bash', '-c', `tar -xf ${TEMP_DIR}/files.tar --no-same-owner && rm ${TEMP_DIR}/files.tar`],
    cwd: REPO_DIR,
  });
  if (unpacked.exitCode === 0) return;
  throw new ThreadsmithError(
    'setup_failed',
    `The repo's files could not be unpacked: ${unpacked.output.text.trim().slice(-OUTPUT_TAIL_CHARS)}`,
    'Check that the repo fits into the sandbox (sandbox.disk_mb in the configuration).',
  );
}

/** Runs `work` with a way out to public hosts, and to the package registry that the operator's machine uses. */
async function withEgress(
  build: SnapshotBuild,
  sandbox: ToolhostSandbox,
  work: (env: Record<string, string>, refused: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  const refused = new Set<string>();
  const registry = registryOf(build.npmRegistry ?? (await machineRegistry()));
  const registryHost = registry === undefined ? undefined : parseDestination(new URL(registry).host, 443);
  const policy: EgressPolicy = {
    rules: [
      ...build.insideHosts.map((host) => ({ host, inside: true })),
      ...(registryHost === undefined
        ? []
        : [{ host: registryHost.host, ports: [registryHost.port], inside: true }]),
      { host: '*' },
    ],
  };
  const egress = await openEgress(sandbox, {
    policy,
    onRequest: (report) => {
      if (report.refused !== null) refused.add(`${report.host}:${report.port} (${report.refused})`);
    },
  });
  try {
    await work({ ...(await setupEnvironment(build, sandbox, registry)), ...egress.env }, refused);
  } finally {
    egress.close();
  }
}

async function runSetup(
  build: SnapshotBuild,
  sandbox: ToolhostSandbox,
  env: Record<string, string>,
  refused: ReadonlySet<string>,
): Promise<void> {
  const { spec, progress, signal } = build;
  const deadline = performance.now() + spec.setupTimeoutMs;
  for (const [index, line] of spec.setup.entries()) {
    progress(`setup: ${line.slice(0, 120)}`);
    const argv = ['bash', '-c', line];
    const timeoutMs = Math.max(1, deadline - performance.now());
    const options = signal === undefined ? {} : { signal };
    const result = await sandbox.run({ id: `setup-${index}`, argv, env, timeoutMs }, options);
    if (result.exitCode === 0) continue;
    const how = result.timedOut ? 'did not end in time' : `failed (${result.exitCode ?? result.signal})`;
    const tail = result.output.text.trimEnd().slice(-OUTPUT_TAIL_CHARS);
    const hosts = [...refused].slice(0, 5).join(', ');
    throw new ThreadsmithError(
      'setup_failed',
      `The setup line \`${line}\` ${how}:\n${tail}${hosts === '' ? '' : `\nNot reached: ${hosts}`}`,
      'Correct `setup` in .threadsmith.yaml, or the packages it installs, and reply in the thread.',
    );
  }
}

/** The registry that npm on this machine is set to; in a company it is often one of its own. */
async function machineRegistry(): Promise<string | undefined> {
  return promisify(execFile)('npm', ['config', 'get', 'registry'])
    .then(({ stdout }) => stdout.trim())
    .catch(() => undefined);
}

/** The registry without credentials, or undefined. */
function registryOf(registry: string | undefined): string | undefined {
  if (registry === undefined || !URL.canParse(registry)) return undefined;
  const { username, password, search } = new URL(registry);
  return username === '' && password === '' && search === '' ? registry : undefined;
}

/** What package managers need behind a company's proxy: its certificates and its npm registry, no credentials. */
async function setupEnvironment(
  build: SnapshotBuild,
  sandbox: ToolhostSandbox,
  registry: string | undefined,
): Promise<Record<string, string>> {
  const env: Record<string, string> = { CI: '1', npm_config_update_notifier: 'false' };
  const certificates = await readFile(build.caFile).catch(() => undefined);
  if (certificates !== undefined) {
    await sandbox.write(CA_PATH, certificates);
    for (const name of [
      'NODE_EXTRA_CA_CERTS',
      'SSL_CERT_FILE',
      'GIT_SSL_CAINFO',
      'PIP_CERT',
      'CURL_CA_BUNDLE',
      'REQUESTS_CA_BUNDLE',
    ]) {
      env[name] = CA_PATH;
    }
  }
  if (registry !== undefined) env.npm_config_registry = registry;
  return env;
}

/** The toolhost's own notes and temporary files are not part of the repo. */
async function removeTraces(sandbox: ToolhostSandbox): Promise<void> {
  const script = `rm -rf ${WORK_DIR}/.toolhost ${TEMP_DIR}; mkdir ${TEMP_DIR}`;
  const { exitCode, output } = await sandbox.run({ id: 'tidy', argv: ['bash', '-c', script], cwd: '/' });
  if (exitCode === 0) return;
  const reason = output.text.trim().slice(-300);
  throw new ThreadsmithError(
    'setup_failed',
    `The prepared repo could not be tidied: ${reason}`,
    'Try again.',
  );
}

function splitReference(reference: string): { repo: string; tag: string } {
  const [repo = '', tag = ''] = reference.split(':');
  return { repo, tag };
}

function snapshotLabels(installId: string, key: string): string {
  return Object.entries(labels(installId, 'snapshot', { [KEY_LABEL]: key }))
    .map(([name, value]) => `LABEL ${name}=${value}`)
    .join('\n');
}

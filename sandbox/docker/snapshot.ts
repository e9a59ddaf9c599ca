// Builds a snapshot, the prepared image of a repo: copies files into a throw-away container, runs `setup` there with
// egress through the proxy only, and commits the container.
import type Docker from 'dockerode';
import { ThreadsmithError } from '../../core/errors.ts';
import { machineCertificates, npmRegistry, type Registry } from '../egress/machine.ts';
import { openEgress } from '../egress/open-egress.ts';
import type { Lookup } from '../egress/resolve.ts';
import { TEMP_DIR, WORK_DIR } from '../image/recipe.ts';
import { type EgressPolicy, rulesFor } from '../port/network-policy.ts';
import { type Progress, REPO_DIR, type SandboxLimits, type SnapshotSpec } from '../port/sandbox.ts';
import { ToolhostClient } from '../toolhost/client.ts';
import { ToolhostSandbox } from '../toolhost/toolhost-sandbox.ts';
import { FIRST_HELLO_MS } from './containers.ts';
import { withEngine } from './engine.ts';
import { checkIsolation, checkSeenIsolation, containerSettings, type IsolationOptions } from './isolation.ts';
import { expiresIn, labels } from './labels.ts';
import { openToolhostStream } from './toolhost-stream.ts';

const OUTPUT_TAIL_CHARS = 1500;
/** Time for the files and the commit, added to the setup's own. */
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
  readonly lookup: Lookup | undefined;
  readonly spec: SnapshotSpec;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** Builds the snapshot under the name `image`, with these labels. */
export async function buildSnapshot(
  build: SnapshotBuild,
  image: string,
  imageLabels: Record<string, string>,
): Promise<void> {
  const { docker, installId, spec, progress, signal } = build;
  const keepSeconds = spec.setupTimeoutMs / 1000 + KEEP_EXTRA_SECONDS;
  const isolation: IsolationOptions = {
    image: build.baseImage,
    limits: build.limits,
    labels: labels(installId, 'setup', expiresIn(keepSeconds)),
    runtime: build.runtime,
  };
  const container = await docker.createContainer(containerSettings(isolation));
  try {
    checkIsolation(await container.inspect(), isolation, build.swapLimit);
    await container.start();
    const toolhost = await ToolhostClient.attach(await openToolhostStream(container), 0, FIRST_HELLO_MS);
    checkSeenIsolation(toolhost.hello);
    const sandbox = new ToolhostSandbox('setup', true, toolhost);
    progress('copying the repo into the sandbox');
    await toolhost.write(`${TEMP_DIR}/files.tar`, spec.files());
    await unpackFiles(sandbox);
    await withEgress(build, sandbox, (env, refused) => runSetup(build, sandbox, env, refused));
    await removeTraces(sandbox);
    await sandbox.close();
    signal?.throwIfAborted();
    progress('saving the prepared repo');
    const changes = Object.entries(imageLabels).map(([name, value]) => `LABEL ${name}=${value}`);
    await withEngine(
      () => container.commit({ ...splitReference(image), pause: true, changes: changes.join('\n') }),
      'the prepared repo could not be saved',
    );
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

/** Runs `work` with the egress of the repo's entry; without one, to public hosts and npm's registry. */
async function withEgress(
  build: SnapshotBuild,
  sandbox: ToolhostSandbox,
  work: (env: Record<string, string>, refused: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  const refused = new Set<string>();
  const registry = await npmRegistry(build.npmRegistry);
  const policy = policyOf(build, registry);
  const egress = await openEgress(sandbox, {
    policy,
    certificates: await machineCertificates(build.caFile),
    ...(build.lookup === undefined ? {} : { lookup: build.lookup }),
    onRequest: (report) => {
      if (report.refused !== null) refused.add(`${report.host}:${report.port} (${report.refused})`);
    },
  });
  try {
    await work({ ...setupEnvironment(policy, registry), ...egress.env }, refused);
  } finally {
    egress.close();
  }
}

function policyOf({ spec, insideHosts }: SnapshotBuild, registry: Registry | undefined): EgressPolicy {
  const inside = insideHosts.map((host) => ({ host, reach: 'anywhere' as const }));
  if (spec.network !== undefined) return { ...spec.network, rules: [...inside, ...spec.network.rules] };
  return { rules: [...inside, ...(registry === undefined ? [] : [registry.rule]), { host: '*' }] };
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
      'Correct `setup` in .threadsmith.yaml, the packages it installs, or `network` in the repo’s entry, and reply in the thread.',
    );
  }
}

/** Packages come from the registry that the operator's machine uses, where that is allowed. */
function setupEnvironment(policy: EgressPolicy, registry: Registry | undefined): Record<string, string> {
  const env: Record<string, string> = { CI: '1', npm_config_update_notifier: 'false' };
  const [port = 443] = registry?.rule.ports ?? [];
  const isAllowed = registry !== undefined && rulesFor(policy, { host: registry.rule.host, port }).length > 0;
  if (isAllowed) env.npm_config_registry = registry.url;
  return env;
}

/** Removes the toolhost's own notes and temporary files, which are no part of the repo. */
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

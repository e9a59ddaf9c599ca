// The sample repo and the configuration that a start without a configuration of one's own uses.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from '../../core/config/config.ts';
import { createSampleRepo } from '../../playground/sample-repo/create.ts';
import type { DataDirectory } from '../system/data-directory.ts';

export interface ChosenConfig {
  readonly file: string;
  /** True where it is the one for the sample repo. */
  readonly isSample: boolean;
}

const USUAL_FILE = 'threadsmith.yaml';

// The people are those of the local workspace; the names are e-mail addresses as Slack gives them.
const SAMPLE_CONFIG = `# Written by npm start because there was no threadsmith.yaml: the sample repo in the local workspace.
# For your own repos put a threadsmith.yaml next to package.json, or name one in THREADSMITH_CONFIG.
repos:
  - name: shop
    description: The web shop of the Brightloaf bakery
    url: ./sample-repo
    default_branch: main
    channels: [shop]
alerts: # in #alerts of the local workspace, "Post an alert" makes one
  - name: shop-monitor
    channel: alerts
    from: [B0MONITOR1]
    repo: shop
people:
  start: [everyone]
  approve: [mira@brightloaf.example, jonas@brightloaf.example]
  merge: [mira@brightloaf.example, jonas@brightloaf.example]
approvals:
  own: true # Mira may merge what she alone asked for, to try it all by yourself. Without this line somebody else has to.
`;

/** The configuration to use; `preferSample` takes the sample's whatever else is there. */
export function chooseConfig(
  environment: Environment,
  data: DataDirectory,
  preferSample: boolean,
): ChosenConfig {
  const isNamed = process.env['THREADSMITH_CONFIG'] !== undefined && process.env['THREADSMITH_CONFIG'] !== '';
  if (!preferSample && isNamed) return { file: resolve(environment.THREADSMITH_CONFIG), isSample: false };
  if (!preferSample && existsSync(USUAL_FILE)) return { file: resolve(USUAL_FILE), isSample: false };
  return { file: data.defaultConfig, isSample: true };
}

/** Makes the sample repo and its configuration where they are missing. */
export async function createSample(data: DataDirectory): Promise<void> {
  await createSampleRepo(data.sampleRepo);
  if (!existsSync(data.defaultConfig)) writeFileSync(data.defaultConfig, SAMPLE_CONFIG);
}

/**
 * Sets the default branch of the sample repo back to where it began, so that there is something to mend
 * again. True where that changed anything.
 */
export async function resetSample(data: DataDirectory): Promise<boolean> {
  const folder = mkdtempSync(join(data.root, 'sample-'));
  try {
    const fresh = await createSampleRepo(join(folder, 'repo'));
    const git = (...args: string[]) =>
      execFileSync('git', ['--git-dir', data.sampleRepo, ...args], { encoding: 'utf8' });
    if (git('rev-parse', 'main').trim() === fresh.head) return false;
    git('update-ref', 'refs/heads/main', fresh.head);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

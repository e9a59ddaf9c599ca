// What must be on the machine besides the npm packages, how to tell that it is there, and what to install
// on Debian and Ubuntu where it is not.
import { existsSync } from 'node:fs';
import { DATABASE_USER, findAccount } from './account.ts';
import { findChromium } from './chromium.ts';
import { findCommand } from './commands.ts';

export type Need = 'git' | 'engine' | 'debootstrap' | 'database-user' | 'redis' | 'chromium';

export interface Requirement {
  readonly need: Need;
  /** What it is for, in the words of somebody who asks "why do you install this?". */
  readonly why: string;
  readonly packages: readonly string[];
  /** Run as root where packages are not the way. */
  readonly command?: readonly string[];
  readonly present: () => boolean;
}

/** debootstrap checks what it downloads against it; Ubuntu does not have it by default. */
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const requirements: Record<Need, Requirement> = {
  git: {
    need: 'git',
    why: 'to clone, commit and push',
    packages: ['git', 'ca-certificates'],
    present: () => findCommand('git') !== null,
  },
  engine: {
    need: 'engine',
    why: 'Docker Engine, which runs the sandboxes',
    packages: ['docker.io', 'iptables', 'ca-certificates'],
    present: () => findCommand('dockerd') !== null && findCommand('iptables') !== null,
  },
  debootstrap: {
    need: 'debootstrap',
    why: 'to build the base of the sandbox image',
    packages: ['debootstrap', 'debian-archive-keyring'],
    present: () => findCommand('debootstrap') !== null && existsSync(DEBIAN_KEYRING),
  },
  'database-user': {
    need: 'database-user',
    why: 'a system user for PostgreSQL, which refuses to run as root',
    packages: [],
    command: [
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      DATABASE_USER,
    ],
    present: () => process.getuid?.() !== 0 || findAccount(DATABASE_USER) !== null,
  },
  redis: {
    need: 'redis',
    why: 'the tests run the queue on Redis as well',
    packages: ['redis-server'],
    present: () => findCommand('redis-server') !== null,
  },
  chromium: {
    need: 'chromium',
    why: 'the tests look at the local workspace in a browser',
    packages: ['chromium'],
    present: () => findChromium() !== null,
  },
};

/** Those of the needs that this machine does not have yet. */
export function missing(needs: readonly Need[]): readonly Requirement[] {
  return needs.map((need) => requirements[need]).filter((requirement) => !requirement.present());
}

/** Whether packages can be installed with apt here. */
export function isDebian(): boolean {
  return existsSync('/etc/debian_version') && findCommand('apt-get') !== null;
}

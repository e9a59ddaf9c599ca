// Installs what is missing on the machine: says first what and why, then does it with visible progress.
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThreadsmithError } from '../../core/errors.ts';
import { rootPrefix, runCommand, unlockSudo } from './commands.ts';
import { isDebian, missing, type Need, type Requirement } from './requirements.ts';
import { asPart, type Terminal } from './terminal.ts';

export interface InstallOptions {
  readonly terminal: Terminal;
  /** False with `--no-system`: the commands are printed instead and the start ends. */
  readonly mayInstall: boolean;
}

const LISTS = '/var/lib/apt/lists';
const LISTS_MAX_AGE_MS = 7 * 24 * 3600 * 1000;
/** Mirrors fail for a moment, and change while they are read. */
const ATTEMPTS = 3;
const RETRY_MS = 5_000;

// Packages start their services when they are installed. We start what we need ourselves and stop it with
// us, so for this one call of apt-get services stay down, unless the machine has its own policy already.
const APT = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT INT TERM
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
fi
apt-get "$@"
`;

/** Makes sure that the machine has these. Throws `config_invalid` with the commands where it may not. */
export async function install(needs: readonly Need[], options: InstallOptions): Promise<void> {
  const lacking = missing(needs);
  if (lacking.length === 0) return;
  const packages = [...new Set(lacking.flatMap((requirement) => requirement.packages))];
  const commands = [
    ...(packages.length > 0
      ? [
          ['apt-get', 'update'],
          ['apt-get', 'install', '-y', '--no-install-recommends', ...packages],
        ]
      : []),
    ...lacking.flatMap((requirement) => (requirement.command === undefined ? [] : [requirement.command])),
  ];
  const prefix = rootPrefix();
  if (!options.mayInstall || prefix === null || (packages.length > 0 && !isDebian())) {
    throw refusal(options.mayInstall, lacking, commands);
  }

  options.terminal.say('This machine lacks something. Threadsmith is going to install, as root:');
  for (const { why, packages: names, command } of lacking) {
    options.terminal.say(
      `  ${[...names, ...(command === undefined ? [] : [command.join(' ')])].join(', ')}: ${why}`,
    );
  }
  if (!unlockSudo(prefix)) throw refusal(true, lacking, commands);

  if (packages.length > 0) {
    await asPart(options.terminal, 'Packages', async (part) => {
      await aptInstall(packages, prefix, (line) => part.note(line));
      return { value: undefined, detail: packages.join(', ') };
    });
  }
  for (const { command, why } of lacking) {
    if (command === undefined) continue;
    const end = await runCommand([...prefix, ...command], { env: process.env, onLine: () => undefined });
    if (end.code !== 0) throw commandFailed(command, end.tail);
    options.terminal.say(`✓ ${why}`);
  }
}

async function aptInstall(
  packages: readonly string[],
  prefix: readonly string[],
  note: (line: string) => void,
): Promise<void> {
  // Waits for another apt that holds the lock instead of failing.
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const apt = (...args: string[]) => {
    const argv = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'sh',
      '-c',
      APT,
      'apt',
      ...options,
      ...args,
    ];
    return runCommand(argv, { env: process.env, onLine: note });
  };
  const wanted = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  let areRecent = listsAreRecent();
  for (let attempt = 1; ; attempt += 1) {
    if (!areRecent) note('reading the package lists');
    const updated = areRecent ? null : await apt('update', '-q');
    // Some of the lists may do.
    const end = await apt(...wanted);
    if (end.code === 0) return;
    if (attempt === ATTEMPTS) {
      if (updated !== null && updated.code !== 0) throw commandFailed(['apt-get', 'update'], updated.tail);
      throw commandFailed(['apt-get', ...wanted], end.tail);
    }
    // Lists of last week name versions that the mirror has removed; one of this moment may be about to change.
    areRecent = false;
    note('trying again');
    await sleep(RETRY_MS);
  }
}

function listsAreRecent(): boolean {
  try {
    const lists = readdirSync(LISTS).filter((name) => name.includes('_Packages'));
    return lists.length > 0 && Date.now() - statSync(LISTS).mtimeMs < LISTS_MAX_AGE_MS;
  } catch {
    return false;
  }
}

function refusal(
  mayInstall: boolean,
  lacking: readonly Requirement[],
  commands: readonly (readonly string[])[],
): ThreadsmithError {
  const what = lacking.map(({ need, why }) => `${need} (${why})`).join(', ');
  const lines = commands.map((command) => `  ${command.join(' ')}`).join('\n');
  return new ThreadsmithError(
    'config_invalid',
    `This machine lacks: ${what}.${mayInstall ? ' Installing it needs Debian or Ubuntu, and root or sudo.' : ''}`,
    `Run as root, or install the same in another way:\n${lines}`,
  );
}

function commandFailed(command: readonly string[], tail: string): ThreadsmithError {
  return new ThreadsmithError(
    'config_invalid',
    `"${command.join(' ')}" failed. It ended with:\n${tail}`,
    'Mend what it names and start again; what was installed already is kept.',
  );
}

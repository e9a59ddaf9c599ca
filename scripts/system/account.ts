// PostgreSQL refuses to run as root. As root we therefore run it as the system user `postgres`, who may
// not be able to reach a checkout below a private home folder; then it keeps one capability of root's.
import { spawnSync } from 'node:child_process';
import { ThreadsmithError } from '../../core/errors.ts';

export const DATABASE_USER = 'postgres';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account that the database has to run as; null means the current user will do. */
export function databaseAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const account = findAccount(DATABASE_USER);
  if (account !== null) return account;
  throw new ThreadsmithError(
    'database_unreachable',
    `PostgreSQL does not run as root, and there is no system user "${DATABASE_USER}".`,
    `Run: useradd --system --no-create-home --shell /usr/sbin/nologin ${DATABASE_USER}`,
  );
}

/** A user of this system, or null. */
export function findAccount(name: string): Account | null {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const answer = spawnSync('id', [flag, name], { encoding: 'utf8' });
    return answer.status === 0 ? Number.parseInt(answer.stdout, 10) : Number.NaN;
  });
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid)) return null;
  return { uid, gid };
}

/** How to start a command as this account: words to put before it, and the ids for the spawn. */
export interface RunAs {
  readonly prefix: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * How to run `initdb`, and the server beside it, in `folder` as `account`. Where the account cannot reach one of the two, it runs
 * with the capability to pass closed folders and no other (`setpriv` of util-linux).
 */
export function runAs(account: Account | null, initdb: string, folder: string): RunAs {
  if (account === null) return { prefix: [] };
  const { uid, gid } = account;
  // -s looks for all its files, shows its settings and makes nothing.
  const check = ['-c', 'cd "$1" && "$2" -s -D "$1/probe"', 'check', folder, initdb];
  const direct = spawnSync('sh', check, { uid, gid, stdio: 'ignore' });
  if (direct.status === 0) return { prefix: [], uid, gid };
  const prefix = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=+dac_override',
    '--bounding-set=-all,+dac_override',
    // Without it access(2) forgets the capability, and initdb asks it whether its programs can be run.
    '--securebits=+no_setuid_fixup',
  ];
  const kept = spawnSync(prefix[0] ?? 'setpriv', [...prefix.slice(1), 'sh', ...check], { stdio: 'ignore' });
  if (kept.status === 0) return { prefix };
  throw new ThreadsmithError(
    'database_unreachable',
    `The system user "${DATABASE_USER}" cannot reach ${folder} or ${initdb}.`,
    'Move the checkout and THREADSMITH_DATA to a folder that other users may enter, for example below /srv.',
  );
}

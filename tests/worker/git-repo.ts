// Repos for tests: a bare remote and what people would do to it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const IDENTITY = [
  '-c',
  'user.name=Test Person',
  '-c',
  'user.email=person@example.com',
  '-c',
  'commit.gpgsign=false',
];

export interface TestRemote {
  /** Path of the bare repo. */
  readonly url: string;
  readonly folder: string;
  /** Commits files (null deletes one) on a branch and pushes it. Gives the commit. */
  commit(
    files: Readonly<Record<string, string | Uint8Array | null>>,
    branch?: string,
    message?: string,
  ): string;
  /** Runs git in the bare repo. */
  git(...args: string[]): string;
  remove(): void;
}

/** An empty bare repo whose default branch is main, with a working copy beside it. */
export function createRemote(): TestRemote {
  const folder = mkdtempSync(join(tmpdir(), 'threadsmith-remote-'));
  const url = join(folder, 'remote.git');
  const copy = join(folder, 'copy');
  run(folder, 'init', '-q', '--bare', '-b', 'main', url);
  run(folder, 'clone', '-q', url, copy);
  return {
    url,
    folder,
    commit: (files, branch = 'main', message = 'Change') => {
      const exists = run(copy, 'ls-remote', '--heads', 'origin', branch) !== '';
      if (exists) {
        run(copy, 'fetch', '-q', 'origin', `+refs/heads/${branch}:refs/remotes/origin/${branch}`);
        run(copy, 'checkout', '-q', '-f', '-B', branch, `origin/${branch}`);
      } else run(copy, 'checkout', '-q', '-B', branch);
      for (const [path, content] of Object.entries(files)) {
        if (content === null) rmSync(join(copy, path));
        else {
          mkdirSync(dirname(join(copy, path)), { recursive: true });
          writeFileSync(join(copy, path), content);
        }
      }
      run(copy, 'add', '-A');
      run(copy, 'commit', '-q', '-m', message);
      run(copy, 'push', '-q', 'origin', branch);
      return run(copy, 'rev-parse', 'HEAD');
    },
    git: (...args) => run(url, ...args),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(cwd: string, ...args: string[]): string {
  return execFileSync('git', [...IDENTITY, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

// Makes the sample repo: the Brightloaf shop as a bare git repository with a short, believable history.
// The same files always give the same commit ids, so a test can name them.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The files of the shop as they lie in this repository. */
export const sampleFilesDir = fileURLToPath(new URL('./files', import.meta.url));

interface SampleCommit {
  readonly author: string;
  readonly email: string;
  readonly date: string;
  readonly subject: string;
  readonly paths: readonly string[];
}

const commits: readonly SampleCommit[] = [
  {
    author: 'Ines Barros',
    email: 'ines@brightloaf.example',
    date: '2026-09-02T06:10:00+00:00',
    subject: 'Open the shop with six products',
    paths: [
      'package.json',
      '.gitignore',
      'README.md',
      'server.js',
      'scripts',
      'src/catalog.js',
      'src/money.js',
      'src/delivery.js',
      'src/basket.js',
      'public/index.html',
      'public/shop.css',
      'public/shop.js',
      'public/style.css',
      'public/stored-basket.js',
      'public/pictures',
      'test/catalog.test.js',
      'test/basket.test.js',
      'test/money.test.js',
    ],
  },
  {
    author: 'Jonas Weil',
    email: 'jonas@brightloaf.example',
    date: '2026-09-16T07:45:00+00:00',
    subject: 'Add the cart page with quantities and a summary',
    paths: ['src/cart.js', 'public/cart.html', 'public/cart.css', 'public/cart-page.js', 'test/cart.test.js'],
  },
  {
    author: 'Ines Barros',
    email: 'ines@brightloaf.example',
    date: '2026-10-01T06:30:00+00:00',
    subject: 'Test that both pages are served with all they link to',
    paths: ['test/server.test.js'],
  },
  {
    author: 'Jonas Weil',
    email: 'jonas@brightloaf.example',
    date: '2026-11-12T16:20:00+00:00',
    subject: 'Write down the house rules and the checks',
    paths: ['AGENTS.md', '.threadsmith.yaml'],
  },
  {
    author: 'Mira Okafor',
    email: 'mira@brightloaf.example',
    date: '2026-11-19T08:05:00+00:00',
    subject: 'Add a failing test: the Sunday breakfast is charged too little',
    paths: ['test/total.test.js'],
  },
];

/** A sample repo could not be made; `code` says why in one word. */
export class SampleRepoError extends Error {
  readonly code: 'not_a_repo' | 'files_left_out';

  constructor(code: SampleRepoError['code'], message: string) {
    super(message);
    this.name = 'SampleRepoError';
    this.code = code;
  }
}

export interface SampleRepo {
  readonly path: string;
  readonly head: string;
  /** False when the repo was there already and was left as it is. */
  readonly created: boolean;
}

/**
 * Makes the bare sample repo at `dir`, default branch `main`. May be called again: a repo that is there
 * stays as it is. The repo appears in one step, so a killed call leaves no half of it behind.
 */
export async function createSampleRepo(dir: string): Promise<SampleRepo> {
  const path = resolve(dir);
  const existing = await headOf(path);
  if (existing !== undefined) {
    return { path, head: existing, created: false };
  }
  if ((await entriesOf(path)) > 0) {
    throw new SampleRepoError(
      'not_a_repo',
      `${path} holds files but is no git repository; name another folder.`,
    );
  }
  const building = `${path}.${randomBytes(4).toString('hex')}.building`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await buildHistory(building);
    const created = await moveInto(building, path);
    const head = await headOf(path);
    if (head === undefined) {
      throw new SampleRepoError('not_a_repo', `${path} is no git repository after it was made.`);
    }
    return { path, head, created };
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function buildHistory(gitDir: string): Promise<void> {
  await git(['init', '-q', '--bare', '--initial-branch=main', gitDir]);
  const inTree = ['--git-dir', gitDir, '--work-tree', sampleFilesDir];
  for (const commit of commits) {
    await git([...inTree, 'add', '--', ...commit.paths]);
    await git([...inTree, 'commit', '-q', '-m', commit.subject], {
      GIT_AUTHOR_NAME: commit.author,
      GIT_AUTHOR_EMAIL: commit.email,
      GIT_AUTHOR_DATE: commit.date,
      GIT_COMMITTER_NAME: commit.author,
      GIT_COMMITTER_EMAIL: commit.email,
      GIT_COMMITTER_DATE: commit.date,
    });
  }
  const leftOut = await git([...inTree, 'ls-files', '--others', '--exclude-standard']);
  if (leftOut !== '') {
    throw new SampleRepoError('files_left_out', `No commit of the sample repo names these files: ${leftOut}`);
  }
  await rm(resolve(gitDir, 'index'), { force: true });
}

/** Moves the finished repo to its place; false when somebody else put one there in the meantime. */
async function moveInto(building: string, path: string): Promise<boolean> {
  try {
    await rename(building, path);
    return true;
  } catch (thrown) {
    if ((await headOf(path)) === undefined) {
      throw thrown;
    }
    return false;
  }
}

/** The newest commit of `main`, or undefined where there is no repo. */
async function headOf(path: string): Promise<string | undefined> {
  try {
    return await git(['--git-dir', path, 'rev-parse', '--verify', '-q', 'main']);
  } catch {
    return undefined;
  }
}

async function entriesOf(path: string): Promise<number> {
  try {
    return (await readdir(path)).length;
  } catch {
    return 0;
  }
}

/** Runs git untouched by the person's own settings: signing, hooks or line endings would change the ids. */
async function git(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const fixed = ['-c', 'core.autocrlf=false', '-c', 'core.fileMode=false', '-c', 'core.hooksPath=/dev/null'];
  const { stdout } = await run('git', [...fixed, ...args], {
    cwd: sampleFilesDir,
    env: { ...withoutGit(process.env), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', ...env },
  });
  return stdout.trim();
}

function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2];
  if (dir === undefined) {
    process.stderr.write('Usage: node playground/sample-repo/create.ts DIR\n');
    process.exitCode = 2;
  } else {
    process.stdout.write(`${JSON.stringify(await createSampleRepo(dir))}\n`);
  }
}

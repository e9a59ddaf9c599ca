// Remotes for end-to-end tests that people push to while a session is under way.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleFilesDir } from '../../playground/sample-repo/create.ts';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';

/** A remote with the files of the sample repo, some of them replaced. */
export function createShop(replaced: Readonly<Record<string, string | Uint8Array>> = {}): TestRemote {
  const remote = createRemote();
  const files = readdirSync(sampleFilesDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map((file) => [file.slice(sampleFilesDir.length + 1), readFileSync(file)] as const);
  remote.commit({ ...Object.fromEntries(contents), ...replaced }, 'main', 'Open the shop');
  return remote;
}

/** The checks of the sample repo without its pages: a turn that is about something else takes a third of the time. */
export const CHECKS_ONLY =
  'setup: []\nchecks:\n  - { name: tests, run: npm test }\n  - { name: lint, run: npm run lint }\n';

/** The branches of sessions on a remote. */
export function sessionBranches(remote: TestRemote): readonly string[] {
  return remote
    .git('for-each-ref', '--format=%(refname:short)', 'refs/heads/threadsmith')
    .split('\n')
    .filter((name) => name !== '');
}

/** Lets the remote refuse every push with this word, as a branch rule of a forge would. */
export function refusePushes(remote: TestRemote, why: string): void {
  const hook = join(remote.url, 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\necho '${why}' >&2\nexit 1\n`);
  chmodSync(hook, 0o755);
}

/** Lets it take pushes again. */
export function acceptPushes(remote: TestRemote): void {
  writeFileSync(join(remote.url, 'hooks', 'pre-receive'), '#!/bin/sh\nexit 0\n');
}

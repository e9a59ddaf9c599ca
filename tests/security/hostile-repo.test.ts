// A hostile working tree with a hostile git in it: the worker's own git runs no program that it names, follows no link,
// and imports a tree of plain files or nothing.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { configOfRepo } from '../../core/config/config.ts';
import { createLog } from '../../core/log.ts';
import { openMirror } from '../../worker/forge/mirror.ts';
import { type CandidateWorkspace, commitCandidate } from '../../worker/publish/candidate.ts';
import { refusals } from '../../worker/publish/policy.ts';
import { prepare } from '../../worker/workspace/prepare.ts';
import { FORGETFUL } from '../../worker/workspace/snapshot.ts';
import { required } from '../required.ts';
import { openTestEngine } from '../sandbox/engine.ts';
import { createRemote } from '../worker/git-repo.ts';

const engine = openTestEngine();
const remote = createRemote();
const folder = mkdtempSync(join(tmpdir(), 'threadsmith-hostile-'));
/** A file of this machine that a sandbox cannot make, and that no program of the worker may open. */
const mark = join(folder, `pwned-${randomUUID()}`);
const pwn = `touch ${mark}`;
let workspace: CandidateWorkspace;
let round = 0;

beforeAll(async () => {
  remote.commit({ 'a.txt': 'a\n', 'dir/b.txt': 'b\n' });
  const config = configOfRepo('hostile', remote.url);
  const repo = required(config.repos[0], 'no repo');
  const mirror = openMirror(repo, join(folder, 'mirrors'));
  const log = createLog({ level: 'error' });
  const { signal } = new AbortController();
  const facts = {
    turnId: 'turn',
    sessionId: 'hostile-repo',
    sandboxKey: 'hostile-repo',
    run: 'e1',
    fence: 1,
    branch: 'threadsmith/hostile',
    requester: { id: 'U1', name: 'Mira', email: null },
    startedAt: new Date(),
  };
  const prepared = await prepare({
    facts,
    config,
    repo,
    mirror,
    provider: engine.provider,
    baseCommit: null,
    headCommit: null,
    saved: null,
    failures: FORGETFUL,
    goesOn: false,
    log,
    signal,
    progress: () => {},
  });
  const coAuthors = async () => [];
  workspace = { ...prepared, facts, mirror, signal, coAuthors };
});
afterAll(async () => {
  await workspace.sandbox.close();
  await engine.provider.remove('hostile-repo');
  await engine.close();
  remote.remove();
  rmSync(folder, { recursive: true, force: true });
});

const sh = async (line: string): Promise<string> => {
  const id = randomUUID();
  return (await workspace.sandbox.run({ id, argv: ['bash', '-c', line], timeoutMs: 60_000 })).output.text;
};
const take = () => commitCandidate(workspace, (round += 1), 'Change');
const changesOf = async (commit: string) => workspace.mirror.trees.changes(workspace.parent, commit);

/** Resets the checkout after the test before. */
beforeEach(async () => {
  await sh(`rm -rf /work/home/.local/bin; cd /work
    [ -d clean ] || cp -a repo clean; chmod -R u+rwx repo; rm -rf repo; cp -a clean repo`);
});

describe('a working tree with', () => {
  test.each([
    [
      'hooks of every kind',
      `for h in pre-commit post-commit post-checkout reference-transaction post-index-change pre-auto-gc post-receive update; do printf '#!/bin/sh\\n${pwn}\\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done`,
    ],
    [
      'a hooks path',
      `mkdir h; printf '#!/bin/sh\\n${pwn}\\n' > h/reference-transaction; chmod +x h/*; git config core.hooksPath $PWD/h`,
    ],
    ['a file system monitor', `git config core.fsmonitor '${pwn}; false'`],
    [
      'a pager, an editor and an ssh command',
      `git config core.pager '${pwn}'; git config core.editor '${pwn}'; git config core.sshCommand '${pwn}'`,
    ],
    [
      'an external diff',
      `git config diff.external '${pwn}'; printf '* diff=x\\n' > .gitattributes; git config diff.x.command '${pwn}'; git config diff.x.textconv '${pwn}'`,
    ],
    [
      'filters and merge drivers',
      `printf '* filter=x merge=x\\n' > .gitattributes; git config filter.x.clean '${pwn}; cat'; git config filter.x.smudge '${pwn}; cat'; git config merge.x.driver '${pwn}'`,
    ],
    [
      'a config that includes others',
      `printf '[core]\\n fsmonitor = ${pwn}\\n' > evil; git config include.path $PWD/evil; git config includeIf.onbranch:**.path $PWD/evil`,
    ],
    [
      'remotes that are programs',
      `git config remote.origin.url "ext::sh -c '${pwn}'"; git config url."ext::sh -c ${pwn} ".insteadOf /; git config protocol.ext.allow always; git config uploadpack.packObjectsHook '${pwn}'`,
    ],
    [
      'a credential helper and a proxy',
      `git config credential.helper '!${pwn}'; git config core.gitProxy '${pwn}'; git config http.proxy http://127.0.0.1:1`,
    ],
    [
      'aliases of what the worker calls',
      `for a in add write-tree bundle commit-tree update-ref fetch; do git config alias.$a '!${pwn}'; done`,
    ],
    [
      'attributes and ignores from elsewhere',
      `printf '* filter=x\\n' > .git/info/attributes; git config core.attributesFile /etc/passwd; git config core.excludesFile /etc/passwd`,
    ],
    [
      'replaced objects',
      `git replace -f $(git rev-parse HEAD) $(git commit-tree HEAD^{tree} -m other); git replace -f $(git rev-parse HEAD:a.txt) $(printf pwned | git hash-object -w --stdin)`,
    ],
    [
      'alternates on the host',
      `mkdir -p .git/objects/info; echo ${folder}/mirrors/hostile.git/objects > .git/objects/info/alternates`,
    ],
    ['a graft', `git rev-parse HEAD > .git/shallow`],
  ])('%s gives the change and runs nothing', async (_what, trick) => {
    await sh(`set -x; ${trick}; printf changed > a.txt; true`);
    const taken = await take().then(
      (candidate) => required(candidate, 'nothing was taken').commit,
      (error: unknown) => error,
    );
    const outcome = typeof taken === 'string' ? await workspace.mirror.trees.readText(taken, 'a.txt') : taken;
    expect([outcome, Reflect.get(Object(outcome), 'code')]).toContainEqual(
      expect.toSatisfy((value: unknown) => value === 'changed' || value === 'change_refused'),
    );
    expect(existsSync(mark)).toBe(false);
  });

  test('a submodule is refused, also with an address that is a program', async () => {
    await sh(`git -c protocol.file.allow=always submodule add -q ./ sub 2>/dev/null
      git config -f .gitmodules submodule.sub.path sub; git config -f .gitmodules submodule.sub.url ../x.git
      git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub`);
    const { commit } = required(await take(), 'nothing was taken');
    const reasons = await refusals(workspace.mirror, workspace.parent, commit);
    expect(reasons.join(' ')).toContain('submodules fetch code');
    await sh(`git config -f .gitmodules submodule.sub.url "-u${pwn}"`);
    await expect(take()).rejects.toMatchObject({ code: 'change_refused' });
    expect(existsSync(mark)).toBe(false);
  });

  test('links out of the tree are refused', async () => {
    await sh('ln -s /etc/passwd out; ln -s ../../../etc up; mkdir d; ln -s ../../x d/x; ln -s a.txt fine');
    const { commit } = required(await take(), 'nothing was taken');
    const reasons = await refusals(workspace.mirror, workspace.parent, commit);
    expect(reasons.map((reason) => reason.split(' ')[0] ?? '').toSorted()).toEqual(['d/x', 'out', 'up']);
  });

  test('names of control characters, of every script and of great length come out as they are', async () => {
    const long = 'x'.repeat(250);
    await sh(`printf 1 > $'tab\\there'; printf 1 > $'line\\nbreak'; printf 1 > $'bell\\a\\e[31mred'
      printf 1 > $'\\u202egnp.exe'; printf 1 > 'ünï–🙂'; printf 1 > '$(touch pwned)'; printf 1 > '-rf'; printf 1 > ${long}
      mkdir -p $(seq -s/ 60); printf 1 > $(seq -s/ 60)/deep`);
    const { commit } = required(await take(), 'nothing was taken');
    const paths = (await changesOf(commit)).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'tab\there',
        'line\nbreak',
        '\u202egnp.exe',
        'ünï–🙂',
        '$(touch pwned)',
        '-rf',
        long,
      ]),
    );
    expect(paths).toHaveLength(9);
    expect(existsSync(mark)).toBe(false);
  });

  test('a huge file is named, not loaded', async () => {
    await sh('truncate -s 600M huge');
    const { commit } = required(await take(), 'nothing was taken');
    const reasons = await refusals(workspace.mirror, workspace.parent, commit);
    expect(reasons).toEqual([expect.stringContaining('huge has 600 MB')]);
  });
});

/** Replaces git in the sandbox by a program, which then decides what the worker gets. */
const impostor = (program: string): Promise<string> =>
  sh(`mkdir -p /work/home/.local/bin; cat > /work/home/.local/bin/git <<'X'
#!/bin/bash
real=/usr/bin/git
case "$*" in *write-tree*) ;; *"bundle create"*) ;; *) exec $real "$@";; esac
${program}
X
chmod +x /work/home/.local/bin/git`);

/** Answers with a tree, and makes a bundle of it under the worker's ref. */
const withTree = (tree: string): string => `
tree=$(${tree}) || exit 9
case "$*" in
  *write-tree*) echo $tree;;
  *) $real update-ref refs/threadsmith/candidate $($real commit-tree $tree -p HEAD -m x)
     exec $real bundle create -q /work/candidate.bundle refs/threadsmith/candidate ^HEAD;;
esac`;
const blob = '$(echo pwned | $real hash-object -w --stdin)';

describe('a git that lies:', () => {
  test.each([
    [
      'a tree with .git in it',
      `printf '040000 tree %s\\t.git\\n' $(printf '100644 blob %s\\tconfig\\n' ${blob} | $real mktree) | $real mktree`,
    ],
    [
      'a tree with .GIT in it',
      `printf '040000 tree %s\\t.GIT\\n' $(printf '100644 blob %s\\tconfig\\n' ${blob} | $real mktree) | $real mktree`,
    ],
    ['a tree with git~1 in it', `printf '100644 blob %s\\tgit~1\\n' ${blob} | $real mktree`],
    [
      'a tree with .. in it',
      `printf '040000 tree %s\\t..\\n' $(printf '100644 blob %s\\tx\\n' ${blob} | $real mktree) | $real mktree`,
    ],
    ['a tree with . in it', `printf '100644 blob %s\\t.\\n' ${blob} | $real mktree`],
    ['.gitmodules that is a link', `printf '120000 blob %s\\t.gitmodules\\n' ${blob} | $real mktree`],
  ])('%s is refused', async (_what, tree) => {
    await impostor(withTree(tree));
    await expect(take()).rejects.toMatchObject({ code: 'change_refused' });
  });

  test.each([
    ['a bundle that is no bundle', 'echo junk > /work/candidate.bundle'],
    ['a bundle that is a link', 'ln -sf /etc/passwd /work/candidate.bundle'],
    ['a bundle that is a pipe', 'rm -f /work/candidate.bundle; mkfifo /work/candidate.bundle'],
    ['a bundle that is too large', 'rm -f /work/candidate.bundle; truncate -s 2G /work/candidate.bundle'],
    [
      'a bundle cut in half',
      '$real bundle create -q /work/x HEAD; head -c 200 /work/x > /work/candidate.bundle',
    ],
    ['a bundle of another branch', '$real bundle create -q /work/candidate.bundle HEAD'],
  ])('%s is refused', async (_what, make) => {
    await impostor(`case "$*" in *write-tree*) echo ${'f'.repeat(40)};; *) ${make};; esac`);
    await sh('rm -f /work/candidate.bundle');
    await expect(take()).rejects.toMatchObject({
      code: expect.stringMatching(/^(change_refused|path_refused|file_too_large)$/),
    });
  });

  test('branches that it brings along are not taken', async () => {
    const before = await workspace.mirror.history.head('main');
    await impostor(`case "$*" in *write-tree*) echo ${'f'.repeat(40)};; *)
      $real update-ref refs/heads/main $($real commit-tree HEAD^{tree} -m evil); $real update-ref refs/threadsmith/candidate $($real commit-tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904 -p HEAD -m x)
      $real bundle create -q /work/candidate.bundle refs/heads/main refs/threadsmith/candidate;; esac`);
    await take().catch(() => undefined);
    expect(await workspace.mirror.history.head('main')).toBe(before);
  });

  test('a tree that unfolds to ten thousand million files ends in a refusal', async () => {
    const unfold = `t=$(printf '100644 blob %s\\tx\\n' ${blob} | $real mktree); for l in $(seq 10); do t=$(for i in $(seq 10); do printf '040000 tree %s\\t%s\\n' $t $i; done | $real mktree); done; echo $t`;
    await impostor(withTree(unfold));
    const ended = take().then(async (candidate) => changesOf(required(candidate, 'nothing').commit));
    await expect(ended).rejects.toMatchObject({ code: 'change_refused' });
  });
});

// The mirror and the plain git forge against a real remote.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RepoConfig } from '../../core/config/config.ts';
import type { MergeRequest } from '../../worker/forge/forge.ts';
import { type Mirror, openMirror } from '../../worker/forge/mirror.ts';
import { createPlainGitForge } from '../../worker/forge/plain-git.ts';
import { refusals } from '../../worker/publish/policy.ts';
import { createRemote, type TestRemote } from './git-repo.ts';

const forge = createPlainGitForge();
const MIRA = { name: 'Mira Okafor', email: 'mira@brightloaf.example' };
const AT = new Date('2026-11-21T10:00:00Z');
const BRANCH = 'threadsmith/abc';

let remote: TestRemote;
let mirror: Mirror;

function mirrorOf(url: string): Mirror {
  const repo: RepoConfig = { name: 'shop', url, channels: [] };
  return openMirror(repo, join(remote.folder, 'mirrors'));
}

/** A commit as the worker makes it: on top of `parent`, with the tree of a branch that was pushed. */
async function candidate(
  files: Readonly<Record<string, string | Uint8Array | null>>,
): Promise<{ base: string; commit: string }> {
  const { commit: base } = await mirror.remote.refresh();
  remote.git('branch', '-f', 'scratch', base);
  const scratch = remote.commit(files, 'scratch');
  await mirror.remote.refresh();
  const tree = await mirror.trees.treeOf(scratch);
  const commit = await mirror.objects.commit({
    tree,
    parents: [base],
    message: 'Fix the total\n',
    author: MIRA,
    at: AT,
  });
  return { base, commit };
}

function merging(commit: string): MergeRequest {
  return { branch: BRANCH, commit, approver: MIRA, title: 'Fix the total', at: AT };
}

beforeEach(() => {
  remote = createRemote();
  mirror = mirrorOf(remote.url);
});
afterEach(() => remote.remove());

describe('the mirror', () => {
  it('finds the default branch and its commit', async () => {
    const commit = remote.commit({ 'a.txt': 'a\n' });
    expect(await mirror.remote.refresh()).toEqual({ defaultBranch: 'main', commit });
    expect(await mirror.trees.readText(commit, 'a.txt')).toBe('a\n');
    expect(await mirror.trees.readText(commit, 'missing.txt')).toBeNull();
  });

  it('says that a repo without a commit is empty', async () => {
    await expect(mirror.remote.refresh()).rejects.toMatchObject({ code: 'repo_empty' });
  });

  it('says that a repo cannot be fetched, without the password of its address', async () => {
    const gone = mirrorOf(`file://user:hunter2@localhost${remote.folder}/gone.git`);
    const refused = gone.remote.refresh();
    await expect(refused).rejects.toMatchObject({ code: 'clone_failed' });
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  it('counts lines, and does not count those of a binary file', async () => {
    remote.commit({ 'a.txt': '1\n2\n3\n', 'gone.txt': 'x\n', 'old name.txt': 'same\nsame\nsame\n' });
    const { base, commit } = await candidate({
      'a.txt': '1\ntwo\n3\n4\n',
      'gone.txt': null,
      'logo.png': Uint8Array.of(0x89, 0x50, 0, 0, 1, 2, 3),
      'old name.txt': null,
      'new näme.txt': 'same\nsame\nsame\n',
    });
    expect(await mirror.trees.changes(base, commit)).toEqual([
      { path: 'a.txt', status: 'modified', additions: 2, deletions: 1 },
      { path: 'gone.txt', status: 'deleted', additions: 0, deletions: 1 },
      { path: 'logo.png', status: 'added', additions: null, deletions: null },
      { path: 'new näme.txt', status: 'renamed', additions: 0, deletions: 0 },
    ]);
  });

  it('makes the same commit from the same spec, with the requester as author', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const first = await candidate({ 'a.txt': 'b\n' });
    const again = await mirror.objects.commit({
      tree: await mirror.trees.treeOf(first.commit),
      parents: [first.base],
      message: 'Fix the total\n',
      author: MIRA,
      at: AT,
    });
    expect(again).toBe(first.commit);
    await forge.publish(mirror, BRANCH, again);
    expect(remote.git('log', '-1', '--format=%an <%ae> / %cn', BRANCH)).toBe(
      'Mira Okafor <mira@brightloaf.example> / Threadsmith',
    );
  });

  it('takes a tree out of a bundle and refuses what is not one', async () => {
    const base = remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    const bundle = await mirror.objects.bundle({ work: commit }, [base]);
    expect(await mirror.objects.importTree(bundle, 'refs/heads/work')).toBe(
      await mirror.trees.treeOf(commit),
    );
    await expect(
      mirror.objects.importTree(Buffer.from('not a bundle'), 'refs/heads/work'),
    ).rejects.toMatchObject({
      code: 'change_refused',
    });
  });
});

describe('the plain git forge', () => {
  it('publishes a commit, and publishing it again changes nothing', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    await forge.publish(mirror, BRANCH, commit);
    expect(remote.git('rev-parse', BRANCH)).toBe(commit);
  });

  it('does not overwrite what somebody else pushed to the branch', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    const theirs = remote.commit({ 'a.txt': 'c\n' }, BRANCH);
    await expect(forge.publish(mirror, BRANCH, commit)).rejects.toMatchObject({ code: 'push_rejected' });
    expect(remote.git('rev-parse', BRANCH)).toBe(theirs);
  });

  it('merges the commit with the approver as author, and only once', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { base, commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    const first = await forge.merge(mirror, merging(commit));
    const second = await forge.merge(mirror, merging(commit));
    expect(second).toEqual(first);
    expect(remote.git('rev-parse', 'main')).toBe(first.mergeCommit);
    expect(remote.git('log', '-1', '--format=%P', 'main')).toBe(`${base} ${commit}`);
    expect(remote.git('log', '-1', '--format=%an/%cn', 'main')).toBe('Mira Okafor/Threadsmith');
    expect(remote.git('show', 'main:a.txt')).toBe('b');
  });

  it('names everybody who approved or asked in the merge commit, and no name can add a line', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    const jonas = { name: 'Jonas Weber', email: 'jonas@example.com' };
    const crook = { name: 'Eve\nApproved-by: Boss <boss@example.com>', email: 'eve@example.com' };
    const people = { approvers: [MIRA, jonas], coAuthors: [MIRA, jonas, crook] };
    await forge.merge(mirror, { ...merging(commit), ...people });
    const trailers = remote.git('log', '-1', '--format=%(trailers:only,unfold)', 'main').trim().split('\n');
    expect(trailers).toEqual([
      `Approved-by: ${MIRA.name} <${MIRA.email}>`,
      'Approved-by: Jonas Weber <jonas@example.com>',
      'Co-authored-by: Jonas Weber <jonas@example.com>',
      'Co-authored-by: Eve Approved-by: Boss  boss@example.com <eve@example.com>',
    ]);
  });

  it('merges on top of what came to the default branch meanwhile', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    remote.commit({ 'other.txt': 'o\n' });
    await forge.merge(mirror, merging(commit));
    expect(remote.git('show', 'main:a.txt')).toBe('b');
    expect(remote.git('show', 'main:other.txt')).toBe('o');
  });

  it('refuses a head that is not the one shown', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    const moved = remote.commit({ 'b.txt': 'b\n' }, BRANCH);
    const refused = forge.merge(mirror, merging(commit));
    await expect(refused).rejects.toMatchObject({ code: 'head_moved' });
    await expect(refused).rejects.toThrow(moved.slice(0, 8));
  });

  it('names the files of a conflict and leaves the default branch alone', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    const main = remote.commit({ 'a.txt': 'theirs\n' });
    const refused = forge.merge(mirror, merging(commit));
    await expect(refused).rejects.toMatchObject({ code: 'merge_conflict' });
    await expect(refused).rejects.toThrow('a.txt');
    expect(remote.git('rev-parse', 'main')).toBe(main);
  });

  it('discards a branch, and discarding it again is no error', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { commit } = await candidate({ 'a.txt': 'b\n' });
    await forge.publish(mirror, BRANCH, commit);
    await forge.discard(mirror, BRANCH);
    await forge.discard(mirror, BRANCH);
    expect(remote.git('branch', '--list', BRANCH)).toBe('');
  });
});

describe('the policy of what may be published', () => {
  it('refuses workflows, owners and submodules, and lets other files be', async () => {
    remote.commit({ 'a.txt': 'a\n' });
    const { base, commit } = await candidate({
      '.github/workflows/ci.yml': 'on: push\n',
      'docs/CODEOWNERS': '* @me\n',
      '.gitmodules': '[submodule "x"]\n',
      'src/workflows/fine.yml': 'x\n',
    });
    const found = await refusals(mirror, base, commit);
    expect(found.map((sentence) => sentence.split(' ')[0])).toEqual([
      '.github/workflows/ci.yml',
      '.gitmodules',
      'docs/CODEOWNERS',
    ]);
  });
});

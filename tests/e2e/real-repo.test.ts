// A repository that we did not write: the published source of a package, with its own tests, and one line
// taken out. Its test runner comes from the npm registry during `setup`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemote, type TestRemote } from '../worker/git-repo.ts';
import { TEST_MS } from './conversation.ts';
import { readable } from './people.ts';
import { type Stack, startStack } from './stack.ts';
import { offers } from './thread.ts';

const PACKAGE = 'minimist@1.2.8';
const LINE = '\tif ((/^0x[0-9a-f]+$/i).test(x)) { return true; }\n';
const REPO_FILE = `setup: ["npm install --no-save --no-audit --no-fund tape@5.9.0"]
checks: [{ name: tests, run: "npx --no-install tape 'test/**/*.js'" }]
`;
const NEIGHBOUR = "\tif (typeof x === 'number') { return true; }\n";
const ANSWER = `match: hexadecimal numbers
steps:
  - tools: [{ name: search, arguments: { pattern: "function isNumber", path: index.js } }]
  - tools: [{ name: read_file, arguments: { path: index.js, start_line: 1, end_line: 25 } }]
  - tools: [{ name: shell, arguments: { command: "npx --no-install tape test/num.js", timeout_seconds: 60 } }]
  - tools:
      - name: edit_file
        arguments: { path: index.js, old_text: ${JSON.stringify(NEIGHBOUR)}, new_text: ${JSON.stringify(NEIGHBOUR + LINE)} }
  - tools: [{ name: shell, arguments: { command: "npx --no-install tape test/num.js", timeout_seconds: 60 } }]
  - say: "Hexadecimal arguments are numbers again: \`isNumber\` in \`index.js:12\` did not know them."
`;

let folder: string;
let remote: TestRemote;
let stack: Stack;

function filesOf(root: string, under = ''): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const entry of readdirSync(join(root, under), { withFileTypes: true })) {
    const path = join(under, entry.name);
    if (entry.isDirectory()) Object.assign(files, filesOf(root, path));
    else files[path] = readFileSync(join(root, path));
  }
  return files;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadsmith-package-'));
  const name = execFileSync('npm', ['pack', '--silent', PACKAGE], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', name], { cwd: folder });
  const files = filesOf(join(folder, 'package'));
  const source = Buffer.from(files['index.js'] ?? []).toString('utf8');
  if (!source.includes(NEIGHBOUR + LINE)) throw new Error(`${PACKAGE} is not what it was`);
  remote = createRemote();
  remote.commit({ ...files, 'index.js': source.replace(LINE, ''), '.threadsmith.yaml': REPO_FILE });
  stack = await startStack({
    api: 'chat',
    repos: [{ name: 'minimist', url: remote.url, channels: ['platform'] }],
  });
  await stack.model.control('POST', '/scripts', { yaml: ANSWER, name: 'hexadecimal' });
});

afterAll(async () => {
  await stack?.stop();
  remote?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a package from the registry with a line missing', { timeout: TEST_MS }, () => {
  it('is mended, verified by its own tests and published as one line', async () => {
    const root = await stack.people.post(
      'jonas',
      'platform',
      '@threadsmith hexadecimal numbers are strings since yesterday, please mend that',
    );
    const { message } = await stack.people.see('platform', root, offers(/approve & merge/i));
    expect(readable(message)).toMatch(/1 file changed, \+1 −0/);
    const branch = remote.git('for-each-ref', '--format=%(refname)', 'refs/heads/threadsmith');
    expect(remote.git('diff', '--stat', `main..${branch}`)).toMatch(/index\.js \| 1 \+\n 1 file changed/);
    expect(remote.git('show', `${branch}:index.js`)).toContain(LINE.trim());
    expect(remote.git('log', '-1', '--format=%an', branch)).toBe('Jonas Weber');
  });
});

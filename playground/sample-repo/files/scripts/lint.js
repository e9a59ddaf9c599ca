// Checks that every script of the shop parses, and that nobody left a debugger statement in.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['.', 'src', 'public', 'test', 'scripts'];
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name)),
);

let problems = 0;
for (const file of files) {
  const parsed = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  if (parsed.status !== 0) {
    console.error(parsed.stderr.trim());
    problems += 1;
  }
  if (/^\s*debugger\b/m.test(readFileSync(file, 'utf8'))) {
    console.error(`${file}: debugger statement`);
    problems += 1;
  }
}

console.log(`${files.length} files checked, ${problems} problems`);
process.exitCode = problems === 0 ? 0 : 1;

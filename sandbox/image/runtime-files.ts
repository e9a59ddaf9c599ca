// The files that Threadsmith adds to the base image: this process's Node, npm, and the toolhost.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { extract, type Pack, pack } from 'tar-stream';
import { ThreadsmithError } from '../../core/errors.ts';
import { shortHash, TOOLHOST_DIR } from './recipe.ts';

const NPM_VERSION = '11.19.1';
const NPM_DIR = '/usr/local/lib/node_modules/npm';
const run = promisify(execFile);

interface FileInImage {
  readonly path: string;
  readonly content: Uint8Array;
}

/** The toolhost's TypeScript sources. */
async function toolhostSources(): Promise<FileInImage[]> {
  const folder = resolve(import.meta.dirname, '../toolhost/inside');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort();
  return Promise.all(names.map(async (path) => ({ path, content: await readFile(join(folder, path)) })));
}

/** The toolhost as JavaScript, so that Node does not strip types at each start of a sandbox. */
async function toolhostFiles(): Promise<FileInImage[]> {
  const sources = await toolhostSources();
  const stripped = await Promise.all(sources.map(({ content }) => stripTypes(content)));
  return sources.map(({ path }, index) => ({
    path: `${TOOLHOST_DIR}/${path.replace(/\.ts$/, '.mjs')}`,
    content: Buffer.from((stripped[index] ?? '').replace(/(from ')(\.\/[\w-]+)\.ts(';)/g, '$1$2.mjs$3')),
  }));
}

/** Strips types in another process, because Node prints a warning on the first use. */
async function stripTypes(source: Uint8Array): Promise<string> {
  const script = `const { stripTypeScriptTypes } = require('node:module');
    process.stdout.write(stripTypeScriptTypes(require('node:fs').readFileSync(0, 'utf8')));`;
  const running = run(process.execPath, ['--no-warnings', '-e', script]);
  running.child.stdin?.end(source);
  return (await running).stdout;
}

/** Hash over all that this file adds. */
export async function runtimeHash(): Promise<string> {
  const files = await toolhostSources();
  return shortHash([process.version, process.arch, NPM_VERSION, ...files.map((file) => file.content)]);
}

/** A tar to unpack at the image's root. */
export function runtimeTar(): Readable {
  const tar = pack();
  fill(tar).then(
    () => tar.finalize(),
    (cause: unknown) => tar.destroy(cause instanceof Error ? cause : new Error(String(cause))),
  );
  return Readable.from(tar);
}

async function fill(tar: Pack): Promise<void> {
  for (const { path, content } of await toolhostFiles()) await addFile(tar, path, content, 0o644);
  const nodePath = await realpath(process.execPath);
  const { size } = await stat(nodePath);
  const node = tar.entry({ name: 'usr/local/bin/node', size, mode: 0o755 });
  await pipeline(createReadStream(nodePath), node);
  await addNpm(tar);
  for (const name of ['npm', 'npx']) {
    tar.entry({
      name: `usr/local/bin/${name}`,
      type: 'symlink',
      linkname: `../lib/node_modules/npm/bin/${name}-cli.js`,
    });
  }
}

function addFile(tar: Pack, path: string, content: Uint8Array, mode: number): Promise<void> {
  return new Promise((done, fail) => {
    const name = path.replace(/^\//, '');
    tar.entry({ name, mode }, Buffer.from(content), (error) => (error ? fail(error) : done()));
  });
}

/** Adds this machine's npm where it is new enough, else npm from the registry that npm is set to. */
async function addNpm(tar: Pack): Promise<void> {
  const own = await findOwnNpm();
  if (own !== undefined) return addFolder(tar, own, own);
  const folder = await mkdtemp(join(tmpdir(), 'threadsmith-npm-'));
  try {
    await run('npm', ['pack', `npm@${NPM_VERSION}`, '--silent'], { cwd: folder });
    const unpack = extract();
    const reading = pipeline(
      createReadStream(join(folder, `npm-${NPM_VERSION}.tgz`)),
      createGunzip(),
      unpack,
    );
    for await (const entry of unpack) {
      const { name, type, mode, size } = entry.header;
      if (type !== 'file') {
        entry.resume();
        continue;
      }
      const target = join(NPM_DIR, name.replace(/^package\//, '')).slice(1);
      await pipeline(entry, tar.entry({ name: target, mode: (mode ?? 0o644) | 0o444, size: size ?? 0 }));
    }
    await reading;
  } catch (cause) {
    throw new ThreadsmithError(
      'image_build_failed',
      'npm for the sandbox image was neither found on this machine nor could it be downloaded.',
      'Install npm 11 next to Node (npm install -g npm@11), or make the npm registry reachable.',
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findOwnNpm(): Promise<string | undefined> {
  const ofThisNode = resolve(dirname(process.execPath), '../lib/node_modules/npm/package.json');
  const onPath = await run('sh', ['-c', 'command -v npm'])
    .then(({ stdout }) => realpath(stdout.trim()))
    .then((cli) => resolve(dirname(cli), '../package.json'))
    .catch(() => undefined);
  const load = createRequire(import.meta.url);
  for (const manifest of [ofThisNode, onPath]) {
    if (manifest === undefined) continue;
    try {
      const found: unknown = load(manifest);
      const version: unknown =
        typeof found === 'object' && found !== null ? Reflect.get(found, 'version') : '';
      if (typeof version === 'string' && Number(version.split('.')[0]) >= 11) return dirname(manifest);
    } catch {
      // Not there: the next place is tried.
    }
  }
  return undefined;
}

async function addFolder(tar: Pack, root: string, folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await addFolder(tar, root, path);
    if (!entry.isFile()) continue;
    const isProgram = ((await stat(path)).mode & 0o111) !== 0;
    await addFile(tar, join(NPM_DIR, relative(root, path)), await readFile(path), isProgram ? 0o755 : 0o644);
  }
}

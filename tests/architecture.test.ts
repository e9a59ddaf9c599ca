// The directions of the house, read from the imports themselves: a lint rule that somebody switches off, or
// that sees no files, does not go unnoticed.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** What each room may import of ours besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  blocks: ['core'],
  db: ['core'],
  sandbox: ['core'],
  bot: ['core', 'blocks', 'db'],
  worker: ['core', 'sandbox', 'db'],
  playground: [],
  scripts: ['core', 'blocks', 'db', 'sandbox', 'playground'],
  bench: ['core', 'blocks', 'db', 'sandbox', 'bot', 'worker', 'playground', 'scripts'],
  tests: ['core', 'blocks', 'db', 'sandbox', 'bot', 'worker', 'playground', 'scripts', 'bench'],
};
const PRODUCT = ['core', 'blocks', 'db', 'sandbox', 'bot', 'worker'];

/** The folders that know a vendor's SDK; tests may use any. */
const SDK_FOLDERS: Record<string, readonly string[]> = {
  '@mikro-orm/': ['db'],
  bullmq: ['db'],
  ioredis: ['db'],
  pg: ['db', 'scripts/system'],
  dockerode: ['sandbox/docker'],
  openai: ['worker/model'],
  '@anthropic-ai/sdk': ['worker/model'],
  '@modelcontextprotocol/sdk': ['worker/mcp'],
  playwright: ['sandbox'],
  '@slack/bolt': ['bot'],
  '@slack/web-api': ['bot'],
  '@slack/types': ['blocks', 'bot'],
};

/** The ports, by file: what the product asks of an adapter. */
const PORTS: Record<string, readonly string[]> = {
  'core/artifact.ts': ['ArtifactStore'],
  'core/log.ts': ['Log'],
  'sandbox/port/browser.ts': ['PageDriver', 'SandboxBrowser'],
  'sandbox/port/sandbox.ts': ['Sandbox', 'SandboxProvider', 'SnapshotStore'],
  'sandbox/egress/proxy.ts': ['EgressProxy'],
  'worker/agent/task.ts': ['AgentTask'],
  'worker/egress/egress.ts': ['Egress'],
  'worker/forge/forge.ts': ['Forge'],
  'worker/forge/mirror.ts': ['MirrorObjects'],
  'worker/forge/mirror-history.ts': ['MirrorHistory'],
  'worker/forge/mirror-remote.ts': ['MirrorRemote'],
  'worker/forge/mirror-trees.ts': ['MirrorTrees'],
  'worker/mcp/servers.ts': ['McpServers'],
};
const MAX_METHODS = 8;

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const sources = Object.keys(MAY_IMPORT).flatMap(readRoom);

describe('the directions of the house', () => {
  test('every room has been read', () => {
    const seen = new Map(Object.keys(MAY_IMPORT).map((room) => [room, 0]));
    for (const { path } of sources) seen.set(roomOf(path), (seen.get(roomOf(path)) ?? 0) + 1);
    for (const room of [...PRODUCT, 'playground', 'scripts', 'tests']) {
      expect(seen.get(room), `files in ${room}/`).toBeGreaterThanOrEqual(5);
    }
    expect(sources.length).toBeGreaterThanOrEqual(150);
    expect(sources.flatMap(importsOf).length).toBeGreaterThanOrEqual(500);
  });

  test('no room imports a room it must not know', () => {
    expect(sources.flatMap(wrongRooms)).toEqual([]);
  });

  test('one vendor SDK is known by one folder', () => {
    expect(sources.flatMap(wrongSdks)).toEqual([]);
  });

  test('what a file imports by path exists', () => {
    const known = new Set(sources.map(({ path }) => path));
    const others = sources.filter(({ path }) => path !== 'tests/architecture.test.ts');
    const dangling = others.flatMap((source) =>
      importsOf(source)
        .filter((name) => name.startsWith('.') && /\.(ts|mjs)$/.test(name))
        .map((name) => relative(ROOT, resolve(ROOT, dirname(source.path), name)))
        .filter((target) => !known.has(target))
        .map((target) => `${source.path} → ${target}`),
    );
    expect(dangling).toEqual([]);
  });

  test('in the product only a main reads settings from the environment', () => {
    const readers = sources
      .filter(({ path }) => PRODUCT.includes(roomOf(path)) && !path.endsWith('main.ts'))
      .filter(({ text }) => /process\.env(\.|\[')(?!(PATH|HOME|TMPDIR|LANG)\b)/.test(text))
      .map(({ path }) => path);
    expect(readers).toEqual([]);
  });

  test('only db/ writes SQL', () => {
    const writers = sources
      .filter(({ path }) => PRODUCT.includes(roomOf(path)) && roomOf(path) !== 'db')
      .filter(({ text }) => /\.execute\b|\bgetConnection\b|\bcreateQueryBuilder\b/.test(text))
      .map(({ path }) => path);
    expect(writers).toEqual([]);
  });

  test('no file of the product is longer than 350 lines', () => {
    const long = sources
      .filter(({ path }) => PRODUCT.includes(roomOf(path)))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 350);
    expect(long).toEqual([]);
  });
});

describe('the ports', () => {
  const ports = Object.entries(PORTS).flatMap(([path, names]) => names.map((name) => ({ path, name })));

  test.each(ports)('$name has at most eight methods', ({ path, name }) => {
    const count = methodsOf(readFileSync(join(ROOT, path), 'utf8'), name).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(MAX_METHODS);
  });

  test('the reader of methods counts methods and function properties, not fields or inner types', () => {
    const text = `export interface Port<T> extends Other {
  readonly name: string;
  /** Runs it(). */
  run(command: string): void;
  readonly listen: (
    port: number,
  ) => Promise<void>;
  ask<Answer>(question: {
    text(): string;
  }): Answer;
}
export interface Next {
  other(): void;
}
`;
    expect(methodsOf(text, 'Port')).toEqual(['run', 'listen', 'ask']);
    expect(methodsOf(text, 'Missing')).toEqual([]);
  });
});

describe('the reader of imports', () => {
  test.each([
    ['bot/a.ts', "import { x } from '../worker/turn.ts';"],
    ['bot/deep/a.ts', "import type { X } from '../../sandbox/sandbox.ts';"],
    ['core/a.ts', "export * from '../db/queue.ts';"],
    ['worker/a.ts', "const { x } = await import('../bot/main.ts');"],
    ['blocks/a.ts', "import {\n  one,\n  two,\n} from '../db/outbox.ts';"],
    ['playground/slack/a.ts', "import '../../core/errors.ts';"],
    ['db/a.ts', "import '../playground/main.ts';"],
  ])('finds a wrong direction in %s', (path, text) => {
    expect(wrongRooms({ path, text })).toHaveLength(1);
  });

  test.each([
    ['bot/a.ts', "import { Queue } from 'bullmq';"],
    ['core/a.ts', "import type { Options } from '@mikro-orm/core';"],
    ['worker/turn.ts', "import OpenAI from 'openai';"],
    ['worker/verify.ts', "import { chromium } from 'playwright';"],
  ])('finds a stray SDK in %s', (path, text) => {
    expect(wrongSdks({ path, text })).toHaveLength(1);
  });

  test('leaves right imports alone', () => {
    const source = {
      path: 'playground/slack/methods/a.ts',
      text: "import { check } from '../blocks/check.ts';",
    };
    expect(wrongRooms(source)).toEqual([]);
    expect(wrongSdks({ path: 'db/queue.ts', text: "import { Queue } from 'bullmq';" })).toEqual([]);
  });
});

function readRoom(room: string): SourceFile[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .map((name) => `${room}/${name}`)
    .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'))
    .filter((path) => !path.startsWith('playground/sample-repo/files/'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** What a file imports: static, for types, for effect, re-exported and dynamic. */
function importsOf({ text }: SourceFile): string[] {
  const statements = text.matchAll(/^(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]/gm);
  const effects = text.matchAll(/^import\s+['"]([^'"]+)['"]/gm);
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g);
  return [...statements, ...effects, ...dynamic].map((match) => match[1] ?? '');
}

function wrongRooms(source: SourceFile): string[] {
  const room = roomOf(source.path);
  const allowed = [room, ...(MAY_IMPORT[room] ?? [])];
  return importsOf(source)
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(ROOT, resolve(ROOT, dirname(source.path), name)))
    .filter((target) => target.includes('/') && !allowed.includes(roomOf(target)))
    .map((target) => `${source.path} → ${target}`);
}

function wrongSdks({ path, text }: SourceFile): string[] {
  if (roomOf(path) === 'tests') return [];
  return importsOf({ path, text }).filter((name) => {
    const owner = Object.entries(SDK_FOLDERS).find(
      ([sdk]) => name === sdk || name.startsWith(sdk.endsWith('/') ? sdk : `${sdk}/`),
    );
    return owner !== undefined && !owner[1].some((folder) => path.startsWith(`${folder}/`));
  });
}

/** Names of the methods and function properties of an exported interface; none where there is no such interface. */
function methodsOf(text: string, name: string): string[] {
  const body =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? '';
  return [...body.matchAll(/^  (?:readonly )?(\w+)\??(?:: )?[(<]/gm)].map((match) => match[1] ?? '');
}

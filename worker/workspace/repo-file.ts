// Reads a repo's settings from `.threadsmith.yaml`, or guesses them from its manifest files.
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ThreadsmithError } from '../../core/errors.ts';

export const REPO_FILE = '.threadsmith.yaml';

const line = z.string().trim().min(1);
const check = z.union([
  line.transform((run) => ({ name: run, run })),
  z.strictObject({ name: line, run: line }),
]);
const pageEntry = z.strictObject({
  name: line,
  path: z.string().startsWith('/', 'a path that starts with /'),
  viewports: z
    .array(z.enum(['desktop', 'phone']))
    .min(1)
    .optional(),
  dark: z.boolean().default(false),
  full_page: z.boolean().default(true),
  element: line.optional(),
});
const page = z.union([line.transform((path) => pageEntry.parse({ name: path, path })), pageEntry]);

/** A page that verifications open in the browser. */
export type RepoPage = z.infer<typeof pageEntry>;

export const repoFileSchema = z.strictObject({
  setup: z.array(line).default([]),
  checks: z.array(check).default([]),
  serve: z
    .strictObject({
      run: line,
      port: z.int().min(1).max(65535),
      wait_seconds: z.int().min(1).max(600).default(60),
    })
    .optional(),
  pages: z.array(page).max(20).default([]),
});

export interface RepoFile extends z.infer<typeof repoFileSchema> {
  /** False where the settings are guessed. */
  readonly written: boolean;
}

/** Reads a file of the repo; null where there is none. */
export type ReadText = (path: string) => Promise<string | null>;

/**
 * The repo's own file, or what its manifest files suggest. Throws `repo_config_invalid` with the key and
 * what was expected; `branch` says where, where that is not the default branch.
 */
export async function readRepoFile(read: ReadText, branch?: string): Promise<RepoFile> {
  const where = branch ?? 'the default branch';
  const text = await read(REPO_FILE);
  if (text === null) return detect(read);
  const parsed = repoFileSchema.safeParse(parse(text, where));
  if (parsed.success) return { ...parsed.data, written: true };
  const reasons = parsed.error.issues.map(
    (issue) => `${issue.path.map(String).join('.') || '(top level)'}: ${issue.message}`,
  );
  throw invalid(reasons.join('; '), where);
}

function parse(text: string, where: string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch (cause) {
    throw invalid(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), where);
  }
}

function invalid(reason: string, where: string): ThreadsmithError {
  return new ThreadsmithError(
    'repo_config_invalid',
    `${REPO_FILE} on ${where} is not valid: ${reason}.`,
    `Correct ${REPO_FILE} on ${where}, then reply in the thread.`,
  );
}

const manifestSchema = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

const NO_TEST = /no test specified/i;
const NODE_CHECKS = ['typecheck', 'lint', 'test'];

async function detect(read: ReadText): Promise<RepoFile> {
  const none: RepoFile = { setup: [], checks: [], pages: [], written: false };
  const manifest = await read('package.json');
  if (manifest !== null) return { ...none, ...(await detectNode(manifest, read)) };
  if ((await read('pyproject.toml')) !== null || (await read('setup.py')) !== null) {
    return { ...none, checks: [{ name: 'tests', run: 'python3 -m pytest -q' }] };
  }
  const makefile = await read('Makefile');
  if (makefile !== null && /^test:/m.test(makefile))
    return { ...none, checks: [{ name: 'tests', run: 'make test' }] };
  return none;
}

async function detectNode(text: string, read: ReadText): Promise<Pick<RepoFile, 'setup' | 'checks'>> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { setup: [], checks: [] };
  }
  const manifest = manifestSchema.safeParse(raw);
  if (!manifest.success) return { setup: [], checks: [] };
  const { scripts, dependencies, devDependencies } = manifest.data;
  const locked = (await read('package-lock.json')) !== null;
  const needed = Object.keys(dependencies).length + Object.keys(devDependencies).length > 0;
  const setup = needed ? [locked ? 'npm ci --no-audit --no-fund' : 'npm install --no-audit --no-fund'] : [];
  const checks = NODE_CHECKS.filter(
    (name) => scripts[name] !== undefined && !NO_TEST.test(scripts[name]),
  ).map((name) => ({
    name: name === 'test' ? 'tests' : name,
    run: name === 'test' ? 'npm test' : `npm run ${name}`,
  }));
  return { setup, checks };
}

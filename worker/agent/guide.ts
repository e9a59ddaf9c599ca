// Reads what a repo has for agents: rules at its root and in its folders, and skills. All of it comes from one commit
// of the default branch, so that a change cannot bring its own rules.
import { posix } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { oneLine, shown } from './tools/output.ts';
import type { RepoGuide, RepoRules, Skill } from './tools/repo-guide.ts';

/** Files of rules, in the order in which the agent gets them. */
const RULE_FILES = ['AGENTS.md', 'CLAUDE.md'];
const SKILL_FILE = /^\.agents\/skills\/([\w.-]{1,60})\/SKILL\.md$/;
const MAX_SKILLS = 50;
const MAX_DESCRIPTION_CHARS = 300;
/** Longer rules are cut: every later step pays for them. */
const FOLDER_RULES_MAX_CHARS = 8_000;

/** Reads files of one commit. */
export interface GuideSource {
  /** Paths of all files. */
  list(): Promise<readonly string[]>;
  /** Null where there is no such file. */
  read(path: string): Promise<string | null>;
}

/** The guide of a repo without rules and skills. */
export const emptyGuide: RepoGuide = {
  rules: [],
  skills: [],
  rulesAround: async () => [],
  loadSkill: async () => null,
};

/** Reads the guide of a repo. */
export async function readGuide(source: GuideSource): Promise<RepoGuide> {
  const paths = await source.list();
  const ruleFiles = new Set(paths.filter((path) => RULE_FILES.includes(posix.basename(path))));
  const read = async (wanted: readonly string[]): Promise<readonly RepoRules[]> => {
    const texts = await Promise.all(
      wanted
        .filter((path) => ruleFiles.has(path))
        .map(async (path) => ({ path, text: await source.read(path) })),
    );
    return texts.flatMap(({ path, text }) => (text === null || text.trim() === '' ? [] : [{ path, text }]));
  };
  const skills = await readSkills(paths, source);
  return {
    rules: await read(RULE_FILES),
    skills: skills.map(({ name, description }) => ({ name, description })),
    rulesAround: async (touched) => {
      const folders = [...new Set(touched.flatMap(foldersAround))].sort(
        (one, other) => one.length - other.length,
      );
      const found = await read(folders.flatMap((folder) => RULE_FILES.map((file) => `${folder}/${file}`)));
      return found.map(({ path, text }) => ({ path, text: cut(text.trim()) }));
    },
    loadSkill: async (name) => {
      const skill = skills.find((candidate) => candidate.name === name);
      if (skill === undefined) return null;
      const folder = `${posix.dirname(skill.path)}/`;
      const files = paths.filter((path) => path.startsWith(folder) && path !== skill.path);
      return { text: skill.text, files };
    },
  };
}

/** The folders that a path in the repo is in, without the root: `a/b/c.ts` is in `a` and `a/b`. */
function foldersAround(path: string): readonly string[] {
  const inRepo = shown(path);
  if (inRepo.startsWith('/')) return [];
  const parts = inRepo.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

const headSchema = z.object({ name: z.string().exactOptional(), description: z.string().exactOptional() });

interface FoundSkill extends Skill {
  readonly path: string;
  readonly text: string;
}

async function readSkills(paths: readonly string[], source: GuideSource): Promise<readonly FoundSkill[]> {
  const found = paths.filter((path) => SKILL_FILE.test(path)).slice(0, MAX_SKILLS);
  const read = await Promise.all(
    found.map(async (path): Promise<FoundSkill | null> => {
      const whole = await source.read(path);
      const folder = SKILL_FILE.exec(path)?.[1];
      if (whole === null || folder === undefined) return null;
      const { head, text } = splitHead(whole);
      const description = oneLine(head.description ?? text.replace(/^#.*$/m, ''), MAX_DESCRIPTION_CHARS);
      return { path, name: folder, description, text };
    }),
  );
  return read.filter((skill) => skill !== null);
}

/** A skill begins with a head of YAML between lines of dashes; one without, or a broken one, is all text. */
function splitHead(whole: string): { readonly head: z.infer<typeof headSchema>; readonly text: string } {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?/.exec(whole);
  if (match === null) return { head: {}, text: whole.trim() };
  const text = whole.slice(match[0].length).trim();
  try {
    return { head: headSchema.safeParse(parseYaml(match[1] ?? '')).data ?? {}, text };
  } catch {
    return { head: {}, text };
  }
}

function cut(text: string): string {
  return text.length <= FOLDER_RULES_MAX_CHARS
    ? text
    : `${text.slice(0, FOLDER_RULES_MAX_CHARS)}\n[...]`.toWellFormed();
}

// Composes the system prompt from the files in prompts/, what the repo says about itself, and its rules.
import type { Approach } from '../../core/attempt.ts';
import { prompt } from './prompts.ts';
import type { RepoRules, Skill } from './tools/repo-guide.ts';

export interface InstructionFacts {
  readonly repo: string;
  readonly branch: string;
  readonly defaultBranch: string;
  readonly checks: readonly { readonly name: string; readonly run: string }[];
  /** How the app is served, null where it is not. */
  readonly app: {
    readonly run: string;
    readonly port: number;
    readonly pages: readonly { readonly name: string; readonly path: string }[];
  } | null;
  /** What the sandbox may reach; nothing without. */
  readonly network?: readonly NetworkFacts[];
  readonly rules: readonly RepoRules[];
  readonly skills?: readonly Skill[];
}

export interface NetworkFacts {
  readonly host: string;
  readonly ports: readonly number[];
  readonly methods?: readonly string[] | undefined;
  /** Headers that are added outside of the sandbox. */
  readonly headers: readonly { readonly host: string; readonly header: string }[];
}

/** A longer file of rules is cut: every step pays for it. */
const RULES_MAX_CHARS = 24_000;

/** Composes the prompt. The same facts always give the same text, or providers' caches would not hit. */
export function composeInstructions(facts: InstructionFacts): string {
  return [
    prompt('role', { repo: facts.repo, branch: facts.branch, default_branch: facts.defaultBranch }),
    prompt('work'),
    prompt('tools'),
    networkOf(facts.network ?? []),
    prompt('trust'),
    ...(facts.checks.length > 0 ? [prompt('checks', { checks: checksOf(facts) })] : []),
    ...(facts.app === null ? [] : [prompt('app', appOf(facts.app))]),
    ...facts.rules.map(rulesOf),
    ...skillsOf(facts.skills ?? []),
    prompt('answer'),
  ].join('\n\n');
}

/** The part of the request that says how this attempt differs from the others. */
export function approachPrompt(approach: Approach): string {
  return prompt('attempt', { approach: prompt(`attempt-${approach}`) });
}

function checksOf(facts: InstructionFacts): string {
  return facts.checks
    .map(({ name, run }) => (name === run ? `- \`${run}\`` : `- ${name}: \`${run}\``))
    .join('\n');
}

function appOf(app: NonNullable<InstructionFacts['app']>): Record<string, string> {
  const pages = app.pages.map(({ path }) => path).join(', ');
  return { serve: app.run, port: String(app.port), pages: pages === '' ? '(none)' : pages };
}

function networkOf(hosts: readonly NetworkFacts[]): string {
  if (hosts.length === 0) return prompt('offline');
  const lines = hosts.map(({ host, ports, methods, headers }) =>
    [
      `- ${host}, ports ${ports.join(', ')}`,
      ...(methods === undefined ? [] : [`only ${methods.join(', ')}`]),
      ...headers.map(
        (added) => `requests to ${added.host} get the header ${added.header} on the way, so send none`,
      ),
    ].join('; '),
  );
  return prompt('network', { hosts: lines.join('\n') });
}

function skillsOf(skills: readonly Skill[]): readonly string[] {
  if (skills.length === 0) return [];
  return [
    prompt('skills', {
      skills: skills.map(({ name, description }) => `- ${name}: ${description}`).join('\n'),
    }),
  ];
}

function rulesOf({ path, text }: RepoRules): string {
  const trimmed = text.trim();
  const cut = trimmed.length > RULES_MAX_CHARS ? `${trimmed.slice(0, RULES_MAX_CHARS)}\n[...]` : trimmed;
  return `# Rules of this repo, from ${path}\n\n${cut.toWellFormed()}`;
}

// Composes the system prompt from the files in prompts/, what the repo says about itself, and its rules.
import type { Approach } from '../../core/attempt.ts';
import type { RepoFile } from '../workspace/repo-file.ts';
import { prompt } from './prompts.ts';
import type { RepoGuide, RepoRules, Skill } from './tools/repo-guide.ts';

export interface InstructionFacts {
  readonly repo: string;
  readonly branch: string;
  readonly defaultBranch: string;
  /** Without `serve` there is no app. */
  readonly repoFile: Pick<RepoFile, 'checks' | 'serve' | 'pages'>;
  /** The sandbox reaches nothing else. */
  readonly network: readonly NetworkFacts[];
  readonly guide: Pick<RepoGuide, 'rules' | 'skills'>;
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
  const { repoFile, network, guide } = facts;
  const { checks, serve, pages } = repoFile;
  return [
    prompt('role', { repo: facts.repo, branch: facts.branch, default_branch: facts.defaultBranch }),
    prompt('work'),
    prompt('tools'),
    networkOf(network),
    prompt('trust'),
    ...(checks.length > 0 ? [prompt('checks', { checks: checksOf(checks) })] : []),
    ...(serve === undefined ? [] : [prompt('app', appOf(serve, pages))]),
    ...guide.rules.map(rulesOf),
    ...skillsOf(guide.skills),
    prompt('answer'),
  ].join('\n\n');
}

/** The part of the request that says how this attempt differs from the others. */
export function approachPrompt(approach: Approach): string {
  return prompt('attempt', { approach: prompt(`attempt-${approach}`) });
}

function checksOf(checks: RepoFile['checks']): string {
  return checks.map(({ name, run }) => (name === run ? `- \`${run}\`` : `- ${name}: \`${run}\``)).join('\n');
}

function appOf(
  { run, port }: NonNullable<RepoFile['serve']>,
  pages: RepoFile['pages'],
): Record<string, string> {
  const paths = pages.map(({ path }) => path).join(', ');
  return { serve: run, port: String(port), pages: paths === '' ? '(none)' : paths };
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

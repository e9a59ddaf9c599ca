// Which repo a request is for: named in the text, else the channel's, else the only one there is.
import type { RepoConfig } from '../../core/config.ts';

export type RepoChoice =
  | { readonly kind: 'chosen'; readonly repo: string }
  /** A person has to say. */
  | { readonly kind: 'ask'; readonly choices: readonly string[]; readonly reason: string };

export interface RepoQuestion {
  readonly repos: readonly RepoConfig[];
  readonly text: string;
  readonly channelId: string;
  /** Null for a direct message. */
  readonly channelName: string | null;
}

const OPTION = /(?:^|\s)repo\s*=\s*("?)([A-Za-z0-9._-]+)\1/i;

/** Chooses a repo, or says what a person can choose from and why. */
export function chooseRepo(question: RepoQuestion): RepoChoice {
  const { repos, text } = question;
  const all = repos.map((repo) => repo.name);
  const option = OPTION.exec(text)?.[2];
  if (option !== undefined) {
    const known = repos.find((repo) => repo.name.toLowerCase() === option.toLowerCase());
    if (known !== undefined) return { kind: 'chosen', repo: known.name };
    return { kind: 'ask', choices: all, reason: `There is no repo called ${option}.` };
  }
  const named = repos.filter((repo) => isNamed(repo.name, text));
  if (named.length === 1 && named[0] !== undefined) return { kind: 'chosen', repo: named[0].name };
  const here = repos.filter((repo) => belongsTo(repo, question));
  if (named.length > 1) return { kind: 'ask', choices: namesOf(named), reason: 'Several repos are named.' };
  if (here.length === 1 && here[0] !== undefined) return { kind: 'chosen', repo: here[0].name };
  if (here.length > 1)
    return { kind: 'ask', choices: namesOf(here), reason: 'This channel has several repos.' };
  const [only] = repos;
  if (repos.length === 1 && only !== undefined && only.channels.length === 0)
    return { kind: 'chosen', repo: only.name };
  return { kind: 'ask', choices: all, reason: 'No repo is set for this channel.' };
}

/** The text without what was said to the machinery. */
export function withoutOptions(text: string): string {
  return text.replace(OPTION, ' ').replace(/ {2,}/g, ' ').trim();
}

/** As a word of its own, so that a repo called `app` is not found in `apply` or in `app.ts`. */
function isNamed(name: string, text: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w./-])${escaped}(?![\\w/-]|\\.\\w)`, 'i').test(text);
}

function belongsTo(repo: RepoConfig, question: RepoQuestion): boolean {
  return repo.channels.some(
    (channel) => channel === question.channelId || channel.replace(/^#/, '') === question.channelName,
  );
}

function namesOf(repos: readonly RepoConfig[]): readonly string[] {
  return repos.map((repo) => repo.name);
}

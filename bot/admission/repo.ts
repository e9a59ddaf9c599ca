// Which repo a request is for, by what can be known without asking a person or a model: option, thread, words
// and links, the channel. What is left over is a choice among candidates.
import type { RepoConfig } from '../../core/config/config.ts';

export type RepoChoice =
  | {
      readonly kind: 'chosen';
      readonly repo: string;
      /** Why, in a few words for the thread. */
      readonly why: string;
    }
  /** Several are possible: a model may know from their descriptions, else a person's default, else a person. */
  | { readonly kind: 'open'; readonly choices: readonly string[]; readonly reason: string }
  /** A person has to say. */
  | { readonly kind: 'ask'; readonly choices: readonly string[]; readonly reason: string };

export interface RepoQuestion {
  readonly repos: readonly RepoConfig[];
  /** Without its options. */
  readonly text: string;
  /** The repo that was named as an option. */
  readonly option?: string | null;
  readonly channelId: string;
  /** Null for a direct message. */
  readonly channelName: string | null;
  readonly topic?: string;
}

/** Chooses a repo, or says what can be chosen from and why. */
export function chooseRepo(question: RepoQuestion): RepoChoice {
  const { repos, text, option = null } = question;
  const all = namesOf(repos);
  if (option !== null) {
    const known = findRepo(repos, option);
    if (known !== null) return { kind: 'chosen', repo: known, why: 'as asked' };
    return { kind: 'ask', choices: all, reason: `There is no repo called ${option}.` };
  }
  const named = repos.filter((repo) => isNamed(repo.name, text) || isLinked(repo, text));
  if (named.length > 1) return { kind: 'open', choices: namesOf(named), reason: 'Several repos are named.' };
  if (named[0] !== undefined) return { kind: 'chosen', repo: named[0].name, why: 'named in the request' };
  const inTopic = topicRepo(question);
  if (inTopic !== null) return { kind: 'chosen', repo: inTopic, why: "from this channel's topic" };
  const here = repos.filter((repo) => belongsTo(repo, question));
  if (here.length > 1)
    return { kind: 'open', choices: namesOf(here), reason: 'This channel has several repos.' };
  if (here[0] !== undefined) return { kind: 'chosen', repo: here[0].name, why: "this channel's repo" };
  const isDirect = question.channelName === null;
  const reason = isDirect ? 'A direct message has no repo of its own.' : 'No repo is set for this channel.';
  const [only] = repos;
  if (repos.length === 1 && only !== undefined) {
    // One that has channels is not meant for the others.
    if (only.channels.length === 0 || isDirect)
      return { kind: 'chosen', repo: only.name, why: 'the only repo' };
    return { kind: 'ask', choices: all, reason };
  }
  return { kind: 'open', choices: all, reason };
}

/** The name of the repo as the configuration writes it; null where there is none. */
export function findRepo(repos: readonly RepoConfig[], name: string): string | null {
  return repos.find((repo) => repo.name.toLowerCase() === name.toLowerCase())?.name ?? null;
}

/** As a word of its own, so that a repo called `app` is not found in `apply` or in `app.ts`. */
function isNamed(name: string, text: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w./-])${escaped}(?![\\w/-]|\\.\\w)`, 'i').test(text);
}

/** A link into the repo: below the place that it is fetched from, or that its code is shown at. */
function isLinked(repo: RepoConfig, text: string): boolean {
  const places = [placeOf(repo.url), placeOf(repo.web_url ?? '')].filter((place) => place !== null);
  return [...text.matchAll(/https?:\/\/[^\s<>"'`)\]]+/gi)].some(([link]) => {
    const place = placeOf(link);
    return place !== null && places.some((own) => place === own || place.startsWith(`${own}/`));
  });
}

/** `host/owner/name` of a web address, an SSH address or a template; null for a path on this machine. */
function placeOf(url: string): string | null {
  const scp = /^[\w.-]+@([\w.-]+):(?!\/\/)(.+)$/.exec(url);
  const web = /^[a-z][a-z0-9+]*:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.+)$/i.exec(url);
  const [, host, path] = scp ?? web ?? [];
  if (host === undefined || path === undefined || url.startsWith('file:')) return null;
  // Of a template, what comes before its first part that differs from page to page.
  const fixed = path.split(/\/(?:-\/)?(?:blob|tree|src|commit)\/|\{|[?#]/)[0] ?? '';
  const clean = fixed.replace(/\.git$/, '').replace(/\/+$/, '');
  return clean === '' ? null : `${host}/${clean}`.toLowerCase();
}

/** `repo: name` in the topic of a channel. */
function topicRepo({ topic = '', repos }: RepoQuestion): string | null {
  const name = /(?<![\w/])repo\s*[:=]\s*([A-Za-z0-9._-]*[A-Za-z0-9])/i.exec(topic)?.[1];
  return name === undefined ? null : findRepo(repos, name);
}

function belongsTo(repo: RepoConfig, question: RepoQuestion): boolean {
  return repo.channels.some(
    (channel) => channel === question.channelId || channel.replace(/^#/, '') === question.channelName,
  );
}

function namesOf(repos: readonly RepoConfig[]): readonly string[] {
  return repos.map((repo) => repo.name);
}

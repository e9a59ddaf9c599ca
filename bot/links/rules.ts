// The rules for links, with their credentials taken from the bot's environment.
import type { Config, LinkRule } from '../../core/config/config.ts';
import { requiredVariable } from '../../core/config/environment.ts';

export interface ReadyRule {
  readonly match: RegExp;
  readonly fetch: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
}

/** Fills credentials in. Throws `config_invalid` naming the variable that is not set. */
export function linkRulesOf(
  { links }: Config,
  environment: Readonly<Record<string, string | undefined>>,
): readonly ReadyRule[] {
  return links.map((rule) => ({
    match: patternOf(rule.match),
    fetch: rule.fetch,
    headers: Object.fromEntries(
      Object.entries(rule.headers_from).map(([name, variable]) => [
        name,
        headerValue(rule, variable, environment),
      ]),
    ),
    fields: rule.fields,
  }));
}

/** What to ask for a link, with its names filled in; empty where the rule is not for it. */
export function requestsFor({ match, fetch }: ReadyRule, link: string): readonly string[] {
  const groups = match.exec(link.split(/[?#]/)[0] ?? '')?.groups;
  if (groups === undefined) return [];
  return fetch.map((address) => address.replace(/\{(\w+)\}/g, (_whole, name: string) => groups[name] ?? ''));
}

/** A part of a path stays one: it holds no slash, and none that is only written otherwise, and no dots alone. */
function patternOf(match: string): RegExp {
  const parts = match.split(/\{(\w+)\}/);
  const source = parts
    .map((part, index) =>
      index % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : `(?<${part}>(?!\\.+(?:/|$))[\\w.~-]+)`,
    )
    .join('');
  // The empty group makes `groups` there, also for an address without names.
  return new RegExp(`^${source}(?<end_>/?)$`, 'i');
}

function headerValue(
  rule: LinkRule,
  variable: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return requiredVariable(
    environment,
    variable,
    `The links ${rule.match} need the environment variable ${variable}, which is not set.`,
    `Set ${variable} where the bot runs, or take the rule out of the configuration.`,
  );
}

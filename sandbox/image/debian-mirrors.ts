// Finds the Debian mirrors that this machine uses, else Debian's public ones.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DebianMirrors {
  /** Release that the image is built from, e.g. `bookworm`. */
  readonly suite: string;
  readonly mainUrl: string;
  readonly securityUrl: string;
}

const PUBLIC_MIRROR = 'http://deb.debian.org/debian';
const PUBLIC_SECURITY_MIRROR = 'http://deb.debian.org/debian-security';
const DEFAULT_SUITE = 'bookworm';
/** Releases that the recipe was tested on. */
const KNOWN_SUITES: ReadonlySet<string> = new Set(['bookworm', 'trixie']);

interface Source {
  readonly url: string;
  readonly suite: string;
}

/** Reads the apt sources below `root` (the machine's own by default). Never throws. */
export function findDebianMirrors(root = '/'): DebianMirrors {
  const sources = [
    ...parseOneLineSources(readText(join(root, 'etc/apt/sources.list'))),
    ...listFolder(join(root, 'etc/apt/sources.list.d')).flatMap((path) =>
      path.endsWith('.sources')
        ? parseStanzas(readText(path))
        : path.endsWith('.list')
          ? parseOneLineSources(readText(path))
          : [],
    ),
  ].filter(({ url }) => /^https?:\/\//.test(url));
  const release = readText(join(root, 'etc/os-release'));
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? '';
  const suite = /^ID=debian$/m.test(release) && KNOWN_SUITES.has(codename) ? codename : DEFAULT_SUITE;
  return {
    suite,
    mainUrl: sources.find((source) => source.suite === suite)?.url ?? PUBLIC_MIRROR,
    securityUrl:
      sources.find((source) => source.suite === `${suite}-security`)?.url ?? PUBLIC_SECURITY_MIRROR,
  };
}

/** The mirrors as a sources.list for inside the image. */
export function sourcesList(mirrors: DebianMirrors): string {
  const { suite, mainUrl, securityUrl } = mirrors;
  return [
    `deb ${mainUrl} ${suite} main`,
    `deb ${mainUrl} ${suite}-updates main`,
    `deb ${securityUrl} ${suite}-security main`,
  ].join('\n');
}

/** `deb [options] url suite components…` lines. */
function parseOneLineSources(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line);
    const [, url, suite] = match ?? [];
    return url === undefined || suite === undefined ? [] : [{ url: trimSlash(url), suite }];
  });
}

/** The deb822 format: stanzas of `Field: value` with `Types`, `URIs` and `Suites` lists. */
function parseStanzas(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): string[] =>
      new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!field('Types').includes('deb') || /^Enabled:\s*no/im.test(stanza)) return [];
    return field('URIs').flatMap((url) => field('Suites').map((suite) => ({ url: trimSlash(url), suite })));
  });
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
      .sort()
      .map((name) => join(path, name));
  } catch {
    return [];
  }
}

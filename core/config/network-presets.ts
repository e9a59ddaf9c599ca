// Presets of network rules for public registries. Their rules only allow to fetch packages, so that a sandbox can
// publish or upload nothing.

export interface PresetRule {
  readonly host: string;
  readonly ports: readonly number[];
  readonly methods?: readonly string[];
}

const FETCH = ['GET', 'HEAD'];

const fetched = (...hosts: readonly string[]): readonly PresetRule[] =>
  hosts.map((host) => ({ host, ports: [443], methods: FETCH }));

export const NETWORK_PRESETS = {
  npm: fetched('registry.npmjs.org', 'registry.yarnpkg.com', 'nodejs.org'),
  pypi: fetched('pypi.org', 'files.pythonhosted.org'),
  rubygems: fetched('rubygems.org', 'index.rubygems.org'),
  crates: fetched('crates.io', 'index.crates.io', 'static.crates.io'),
  go: fetched('proxy.golang.org', 'sum.golang.org'),
  // Its mirrors are asked by plain HTTP; packages are signed.
  debian: ['deb.debian.org', 'security.debian.org'].map((host) => ({
    host,
    ports: [80, 443],
    methods: FETCH,
  })),
  ubuntu: ['archive.ubuntu.com', 'security.ubuntu.com', 'ports.ubuntu.com'].map((host) => ({
    host,
    ports: [80, 443],
    methods: FETCH,
  })),
  // A fetch by git is a POST to the same address as a push, which needs an account.
  github: [
    { host: 'github.com', ports: [443], methods: [...FETCH, 'POST'] },
    ...fetched(
      'api.github.com',
      'codeload.github.com',
      'objects.githubusercontent.com',
      'raw.githubusercontent.com',
      'release-assets.githubusercontent.com',
    ),
  ],
} as const satisfies Readonly<Record<string, readonly PresetRule[]>>;

export type NetworkPreset = keyof typeof NETWORK_PRESETS;

export function isPreset(name: string): name is NetworkPreset {
  return Object.hasOwn(NETWORK_PRESETS, name);
}

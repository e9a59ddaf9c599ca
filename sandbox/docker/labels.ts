// Names and labels by which an installation finds its own containers, volumes and images, and no others.

export const INSTALL_LABEL = 'threadsmith.install';
export const KIND_LABEL = 'threadsmith.kind';
export const KEY_LABEL = 'threadsmith.key';
export const SERIES_LABEL = 'threadsmith.series';
export const ALIKE_LABEL = 'threadsmith.alike';
/** The sandbox image that a snapshot was built on. */
export const BASE_LABEL = 'threadsmith.base';
/** Unix time in milliseconds at which a snapshot was built. */
export const BUILT_LABEL = 'threadsmith.built';
/** Unix time in seconds after which a throw-away container belongs to a dead process. */
export const EXPIRES_LABEL = 'threadsmith.expires';

/** What an object is for. `build` and `setup` containers are thrown away; `sandbox` ones are a session's. */
export type Kind = 'sandbox' | 'setup' | 'build' | 'image' | 'snapshot';

export function labels(
  installId: string,
  kind: Kind,
  more: Record<string, string> = {},
): Record<string, string> {
  return { [INSTALL_LABEL]: installId, [KIND_LABEL]: kind, ...more };
}

/** The filter for list calls of the engine. */
export function labelFilter(installId: string, ...kinds: readonly Kind[]): { label: string[] } {
  return { label: [`${INSTALL_LABEL}=${installId}`, ...kinds.map((kind) => `${KIND_LABEL}=${kind}`)] };
}

export function expiresIn(seconds: number): Record<string, string> {
  return { [EXPIRES_LABEL]: String(Math.floor(Date.now() / 1000) + seconds) };
}

/** The container of a session's sandbox. Keys have no dot, so that it is never one of the pool's names. */
export function sandboxName(installId: string, key: string): string {
  return `threadsmith-${installId}-${key}`;
}

/** The key in a container's name, or undefined where it is not a session's. */
export function keyInName(installId: string, name: string): string | undefined {
  const prefix = `/threadsmith-${installId}-`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/** The container of a sandbox that waits for a session. */
export function warmName(installId: string, id: string): string {
  return `${warmPrefix(installId)}${id}`;
}

export function warmPrefix(installId: string): string {
  return `threadsmith-${installId}.warm.`;
}

/** True for a volume of this installation: it keeps the name that its container was made with. */
export function isOwnVolume(installId: string, name: string): boolean {
  return name.startsWith(sandboxName(installId, '')) || name.startsWith(warmPrefix(installId));
}

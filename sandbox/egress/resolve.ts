// Looks a name up once, outside of the sandbox, and checks its addresses; the proxy connects to the checked address.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Reach } from '../port/network-policy.ts';
import { isPrivateAddress, isPublicAddress } from './addresses.ts';

export interface Resolved {
  readonly address: string;
  readonly family: number;
}

/** Looks a name up; throws where it is not known. Tests bring their own names. */
export type Lookup = (host: string) => Promise<readonly Resolved[]>;

export const systemLookup: Lookup = (host) => lookup(host, { all: true, verbatim: false });

/** Returns the address to connect to, or why there is none. One address out of reach refuses the whole name. */
export async function resolveSafely(
  host: string,
  reach: Reach,
  look: Lookup = systemLookup,
): Promise<Resolved | { readonly refused: string }> {
  let found: readonly Resolved[];
  try {
    found = isIP(host) === 0 ? await look(host) : [{ address: host, family: isIP(host) }];
  } catch {
    return { refused: 'the name is not known' };
  }
  const [first] = found;
  if (first === undefined) return { refused: 'the name is not known' };
  if (!found.every(({ address }) => isWithin(reach, address))) {
    const where = reach === 'private' ? 'the public internet or a private network' : 'the public internet';
    return { refused: `the name leads to an address that is not on ${where}` };
  }
  return first;
}

function isWithin(reach: Reach, address: string): boolean {
  switch (reach) {
    case 'anywhere':
      return true;
    case 'private':
      return isPublicAddress(address) || isPrivateAddress(address);
    case 'public':
      return isPublicAddress(address);
  }
}

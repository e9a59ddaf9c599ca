// Two Docker Engines on one machine share the bridge `docker0`. Each of ours then gives out addresses from
// a part of its network only, so that two containers never get the same one.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A /24 within the /16 of an existing bridge, chosen by `key`; null where there is no such bridge. */
export function rangeBeside(bridge: string, key: string): string | null {
  let table: string;
  try {
    table = readFileSync('/proc/net/route', 'utf8');
  } catch {
    return null;
  }
  for (const line of table.split('\n')) {
    const fields = line.split('\t');
    // Addresses are little-endian hexadecimal: 000011AC is 172.17.0.0, and FFFF the mask of a /16.
    if (fields[0] !== bridge || fields[7] !== '0000FFFF' || fields[1] === undefined) continue;
    const bytes = Buffer.from(fields[1], 'hex').reverse();
    const third = 16 + (createHash('sha256').update(key).digest().readUInt16BE(0) % 240);
    return `${bytes[0]}.${bytes[1]}.${third}.0/24`;
  }
  return null;
}

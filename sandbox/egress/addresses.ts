// Tells addresses on the public internet from all others: loopback, private and shared networks, the metadata services
// of clouds, and all the ways to write one of those in IPv6.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/** One list for each family, because a list with the mapped addresses of IPv6 matches every IPv4 address. */
type Networks = Readonly<Record<Family, BlockList>>;

const INSIDE = networks(
  `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16
   198.18.0.0/15 224.0.0.0/4 240.0.0.0/4
   ::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/32 2002::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`,
);
/** The networks that companies give to their own machines. */
const PRIVATE = networks('10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 fc00::/7');
/**
 * Metadata services among the private addresses; they give out a machine's own credentials.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 * https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
 */
const METADATA = networks('100.100.100.200/32 fd00:ec2::254/128 fd20:ce::254/128');

/** True for an address on the public internet; false for text that is no address. */
export function isPublicAddress(address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && !INSIDE[family].check(address, family);
}

/** True for an address in a company's own network; never for loopback, link-local or a metadata service. */
export function isPrivateAddress(address: string): boolean {
  const family = familyOf(address);
  if (family === undefined) return false;
  return PRIVATE[family].check(address, family) && !METADATA[family].check(address, family);
}

function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return 'ipv4';
  return isIPv6(address) ? 'ipv6' : undefined;
}

/** Parses networks such as `10.0.0.0/8`, with white space between them. */
function networks(text: string): Networks {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of text.split(/\s+/)) {
    const [net = '', prefix] = network.split('/');
    const family = isIPv4(net) ? 'ipv4' : 'ipv6';
    lists[family].addSubnet(net, Number(prefix), family);
  }
  return lists;
}

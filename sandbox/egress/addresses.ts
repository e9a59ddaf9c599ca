// Which addresses are on the public internet. Everything else is somebody's inside: loopback, private and
// shared networks, the metadata services of clouds, and all the ways to write one of those in IPv6.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const INSIDE_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const INSIDE_IPV6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

/** Of those, what companies give to their own machines. */
const PRIVATE: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
];

/**
 * Metadata services among the private addresses, which hand out a machine's own credentials.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 * https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
 */
const METADATA: readonly (readonly [string, 'ipv4' | 'ipv6'])[] = [
  ['100.100.100.200', 'ipv4'],
  ['fd00:ec2::254', 'ipv6'],
  ['fd20:ce::254', 'ipv6'],
];

/** Two lists, because one with the mapped addresses of IPv6 takes every IPv4 address for one of them. */
const insideIpv4 = new BlockList();
for (const [net, prefix] of INSIDE_IPV4) insideIpv4.addSubnet(net, prefix, 'ipv4');
const insideIpv6 = new BlockList();
for (const [net, prefix] of INSIDE_IPV6) insideIpv6.addSubnet(net, prefix, 'ipv6');

/** True for an address that anybody on the internet could reach; false for everything that is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !insideIpv4.check(address, 'ipv4');
  return isIPv6(address) && !insideIpv6.check(address, 'ipv6');
}

const privateNetworks = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [net, prefix, family] of PRIVATE) privateNetworks[family].addSubnet(net, prefix, family);
const metadata = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [address, family] of METADATA) metadata[family].addAddress(address, family);

/** True for an address in a company's own network; never for loopback, link-local or a metadata service. */
export function isPrivateAddress(address: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (family === 'ipv6' && !isIPv6(address)) return false;
  return privateNetworks[family].check(address, family) && !metadata[family].check(address, family);
}

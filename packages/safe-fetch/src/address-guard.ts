/** Says which addresses are public: all but plain unicast of the open internet is refused, each with its RFC. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type AddressRange = [base: ipaddr.IPv4 | ipaddr.IPv6, prefixBits: number];

/** Reads `10.0.0.0/8` or `fd00::/8`. Throws what ipaddr.js throws when it is no CIDR range. */
export function parseRange(cidr: string): AddressRange {
  return ipaddr.parseCIDR(cidr);
}

/** IPv4 that is not public: the IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast and class E. */
const closedIPv4 = [
  '0.0.0.0/8', // "this network": RFC 791 §3.2; Linux connects 0.0.0.0 to itself
  '10.0.0.0/8', // private: RFC 1918
  '100.64.0.0/10', // carrier-grade NAT: RFC 6598; Alibaba's metadata service
  '127.0.0.0/8', // loopback: RFC 1122 §3.2.1.3
  '168.63.129.16/32', // Azure's platform service, a public address that every virtual machine there reaches (Microsoft Learn)
  '169.254.0.0/16', // link-local: RFC 3927; the metadata services of the clouds
  '172.16.0.0/12', // private: RFC 1918
  '192.0.0.0/24', // protocol assignments: RFC 6890; Oracle Cloud's metadata service
  '192.0.2.0/24', // documentation: RFC 5737
  '192.31.196.0/24', // AS112: RFC 7535
  '192.52.193.0/24', // AMT: RFC 7450
  '192.88.99.0/24', // 6to4 relays, deprecated: RFC 7526
  '192.168.0.0/16', // private: RFC 1918
  '192.175.48.0/24', // AS112: RFC 7534
  '198.18.0.0/15', // benchmarking: RFC 2544
  '198.51.100.0/24', // documentation: RFC 5737
  '203.0.113.0/24', // documentation: RFC 5737
  '224.0.0.0/4', // multicast: RFC 5771
  '240.0.0.0/4', // reserved: RFC 1112 §4; limited broadcast: RFC 919
].map(parseRange);

/**
 * The only IPv6 that is handed out as global unicast (RFC 3513, IANA). Outside lie loopback, mapped (::ffff:0:0/96) and
 * compatible (::/96) IPv4 (RFC 4291), NAT64 (64:ff9b::/96, RFC 6052; 64:ff9b:1::/48, RFC 8215), discard (100::/64,
 * RFC 6666), SRv6 (5f00::/16, RFC 9602), unique local (RFC 4193), link-local and multicast (RFC 4291).
 */
const globalIPv6 = parseRange('2000::/3');

/** Parts of 2000::/3 that are not public, above all those that carry an IPv4 address inside. */
const closedIPv6 = [
  '2001::/23', // protocol assignments: RFC 2928; Teredo (2001::/32): RFC 4380; ORCHID: RFC 4843, RFC 7343; DETs: RFC 9374
  '2001:db8::/32', // documentation: RFC 3849
  '2002::/16', // 6to4: RFC 3056
  '2620:4f:8000::/48', // AS112: RFC 7534
  '3ffe::/16', // 6bone, given back: RFC 3701
  '3fff::/20', // documentation: RFC 9637
].map(parseRange);

/** ISATAP (RFC 5214 §6.1): an interface identifier 0000:5efe or 0200:5efe, then an IPv4 address, under any prefix. */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [, , , , flags, marker] = address.parts;
  return (flags === 0 || flags === 0x200) && marker === 0x5efe;
}

/**
 * Whether the address lies in one of the ranges. `address` is an IP literal without brackets; other text is in none.
 */
export function isInRanges(address: string, ranges: readonly AddressRange[]): boolean {
  // net.isIP is strict; ipaddr.js alone would read `10` or `0x7f.1` as well.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  return ranges.some(([base, prefixBits]) => base.kind() === parsed.kind() && parsed.match(base, prefixBits));
}

/**
 * Whether the address (an IP literal without brackets) is unicast of the open internet. Anything that is not a literal,
 * or names a zone (`fe80::1%eth0`, RFC 4007), is not.
 *
 * A NAT64 prefix of an operator's own global space (RFC 6052 §3.1) cannot be told from public space: where the network
 * translates one, its translator has to refuse private addresses.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  if (family === 4) return !isInRanges(address, closedIPv4);
  return isInRanges(address, [globalIPv6]) && !isInRanges(address, closedIPv6) && !isIsatap(ipaddr.IPv6.parse(address));
}

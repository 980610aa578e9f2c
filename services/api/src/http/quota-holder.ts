/** By whom quotas are counted: a key, token or signed link where there is a valid one, else the network that a request comes from. */
import { isIPv4, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';

export function quotaHolderOf({ identity, ip }: Pick<FastifyRequest, 'identity' | 'ip'>): string {
  if (identity?.kind === 'link') return `links:${identity.id}`;
  return identity ? `key:${identity.id}` : `ip:${networkOf(ip)}`;
}

/** By whom is counted what is held at once: a tenant, or a network where nobody is known. */
export function holderOf({ identity, ip }: Pick<FastifyRequest, 'identity' | 'ip'>): string {
  return identity ? `tenant:${identity.tenant}` : `ip:${networkOf(ip)}`;
}

/** What a proxy writes instead of an address (RFC 7239, 6): whoever could choose the words would be a client for each. */
const noAddress = 'unknown';
/** Some proxies write the client's port behind its address, which is another one for each connection. */
const withPort = /^(?:\[(?<six>[^\]]+)\](?::\d+)?|(?<four>\d+\.\d+\.\d+\.\d+):\d+)$/;

/** IPv6 addresses count by their network of 64 bits: one customer has them all. One that stands for IPv4 is that. */
export function networkOf(address: string): string {
  const { six, four } = withPort.exec(address)?.groups ?? {};
  const ip = six ?? four ?? address;
  if (!isIPv6(ip)) return isIPv4(ip) ? ip : noAddress;
  const groups = groupsOf(ip);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 6).every((group, at) => group === (at === 5 ? 0xffff : 0))) {
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return new URL(`http://[${groups.slice(0, 4).map(hex).join(':')}::]`).hostname.slice(1, -1);
}

/** The eight groups of an address in any spelling, without its zone. */
function groupsOf(ip: string): number[] {
  const [address = ''] = ip.split('%');
  const [before = '', behind] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [before, behind ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = behind === undefined ? 0 : 8 - (first?.length ?? 0) - (last?.length ?? 0);
  return [...(first ?? []), ...Array.from({ length: zeros }, () => '0'), ...(last ?? [])].map((group) =>
    Number.parseInt(group, 16),
  );
}

function hex(group: number): string {
  return group.toString(16);
}

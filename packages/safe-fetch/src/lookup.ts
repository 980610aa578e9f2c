/** Turns host names into addresses, in a way that strangers' silent name servers cannot hold up. */
import type { LookupAddress } from 'node:dns';
import { lookup as lookupInSystem, Resolver } from 'node:dns/promises';

/**
 * All addresses of a host name, in the order in which they are to be tried. Rejects with an error that has a `code`.
 */
export type Lookup = (hostname: string) => Promise<LookupAddress[]>;

/** What the system says (getaddrinfo): hosts file, search domains, DNS. For names that the operator wrote down. */
export const lookupOwn: Lookup = (hostname) => lookupInSystem(hostname, { all: true });

/** RFC 6761 §6.3: names that are loopback by definition and are not asked of any server. */
const localhost = /(^|\.)localhost\.?$/;
const loopback: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];

/**
 * Lookup for strangers' names, by DNS alone. Not getaddrinfo: that runs at most two at a time in a process of four
 * threads, so that ten names whose server is silent for 2 s made the eleventh wait 10 s (measured); this waits for
 * any number at once. IPv6 first and IPv4 last: the last one tried is the one that may take its time.
 *
 * `hostsFile: true` asks the system about names that DNS does not know, for networks that are named in a hosts file.
 * `servers` (`address:port`) are asked instead of the system's name servers; for tests.
 */
export function createStrangerLookup(options: { hostsFile: boolean; servers?: string[] }): Lookup {
  // A silent server is given up by the connect timeout; these two end its queries soon after.
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  if (options.servers) resolver.setServers(options.servers);
  return async (hostname) => {
    if (localhost.test(hostname)) return loopback;
    const [six, four] = await Promise.allSettled([resolver.resolve6(hostname), resolver.resolve4(hostname)]);
    const addresses = [
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ];
    if (addresses.length > 0) return addresses;
    const failure = four.status === 'rejected' ? four.reason : null;
    if (options.hostsFile && failure?.code === 'ENOTFOUND') return lookupOwn(hostname);
    throw failure ?? new Error('DNS answered without an address');
  };
}

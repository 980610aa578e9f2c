/** Which proxies are believed when they tell a client's address. */
import { BlockList, isIP } from 'node:net';
import { InvalidSettings } from '@tintype/runtime';

/** Checks addresses and CIDR ranges; none means that nobody is believed. Throws `InvalidSettings`. */
export function parseTrustedProxies(ranges: string[]): string[] {
  for (const range of ranges) {
    const [address = '', bits, ...rest] = range.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    if (isIP(address) === 0 || !isRange || rest.length > 0) {
      throw new InvalidSettings(`TRUST_PROXY: ${range} is neither an address nor a CIDR range`);
    }
  }
  return ranges;
}

/** Whether an address is one of theirs. */
export function createProxyCheck(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** The exceptions to the address guard that an operator names: a host with its port, or a range of addresses. */
import { isIP } from 'node:net';
import { type AddressRange, isInRanges, parseRange } from './address-guard.ts';

/**
 * `host`: exactly this host name (or literal) on this port, whatever it resolves to. `range`: these addresses on any
 * port, whatever name led there.
 */
export type AllowEntry = { kind: 'host'; hostname: string; port: number } | { kind: 'range'; range: AddressRange };

const hostAndPort = /^(\[[\da-f:.]+\]|[\p{L}\p{N}._-]+):(\d{1,5})$/iu;

function parseEntry(entry: string): AllowEntry {
  const bad = new Error(`"${entry}" is neither host:port nor an address range such as 10.0.0.0/8 or fd00::/8`);
  const [base = '', prefix, ...rest] = entry.split('/');
  if (prefix !== undefined) {
    const family = isIP(base);
    const valid = family !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
    if (!valid || base.includes('%') || rest.length > 0) throw bad;
    return { kind: 'range', range: parseRange(entry) };
  }
  const [, host, digits] = hostAndPort.exec(entry) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535 || !URL.canParse(`http://${host}/`)) throw bad;
  return { kind: 'host', hostname: hostnameOf(new URL(`http://${host}/`)), port };
}

/**
 * Reads a comma separated list of `host:port` and CIDR entries: `api:3000, 10.0.0.0/8, [::1]:3000`. Host names are
 * brought into the form of the URL standard (lower case, punycode). Throws an Error that names the entry that is
 * neither; empty text is an empty list.
 */
export function parseAllowList(text: string): AllowEntry[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '').map(parseEntry);
}

/** The host of a URL without the brackets of an IPv6 literal (RFC 3986 §3.2.2). */
export function hostnameOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

/** The port that a URL or a connection means: its own, or the default of its scheme (`http:`, `https:`). */
export function portOf({ protocol, port }: { protocol: string; port: string }): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** Whether an entry names exactly this host (without brackets) and port. */
export function allowsHost(entries: readonly AllowEntry[], hostname: string, port: number): boolean {
  return entries.some((entry) => entry.kind === 'host' && entry.hostname === hostname && entry.port === port);
}

/** The ranges among the entries. */
export function allowedRanges(entries: readonly AllowEntry[]): AddressRange[] {
  return entries.flatMap((entry) => (entry.kind === 'range' ? [entry.range] : []));
}

/** Whether a range among the entries holds the address (an IP literal without brackets). */
export function allowsAddress(entries: readonly AllowEntry[], address: string): boolean {
  return isInRanges(address, allowedRanges(entries));
}

/** Every way to write an address that is not public, as the URL itself and as the target of a redirect. */
import { hostname, networkInterfaces } from 'node:os';
import { forbidden, type HostileSource, type Places, refusedAsUrl, type SourceClass } from './hostile-source.ts';

const loopback: readonly [string, string][] = [
  ['plain', '127.0.0.1'],
  ['with a dot behind', '127.0.0.1.'],
  ['in two parts', '127.1'],
  ['in three parts', '127.0.1'],
  ['another of the block', '127.255.255.254'],
  ['decimal', '2130706433'],
  ['hexadecimal', '0x7f000001'],
  ['hexadecimal in two parts', '0x7f.1'],
  ['hexadecimal mixed with decimal', '0X7F.0.0.0x1'],
  ['octal', '0177.0.0.1'],
  ['octal in one part', '017700000001'],
  ['octal with zeros before', '00000177.1'],
  ['full-width', '１２７．０．０．１'],
  ['circled', '①②⑦.⓪.⓪.①'],
  ['ideographic dots', '127。0。0。1'],
  ['escaped', '%31%32%37.0.0.1'],
  ['with a soft hyphen', '127.0.0\u00ad.1'],
  ['IPv6', '[::1]'],
  ['IPv6 in full', '[0:0:0:0:0:0:0:1]'],
  ['IPv4-mapped', '[::ffff:127.0.0.1]'],
  ['IPv4-mapped, hexadecimal', '[::ffff:7f00:1]'],
  ['IPv4-compatible', '[::127.0.0.1]'],
  ['IPv4-compatible, hexadecimal', '[::7f00:1]'],
  ['IPv4-translated', '[::ffff:0:127.0.0.1]'],
  ['NAT64', '[64:ff9b::7f00:1]'],
  ['NAT64 of one’s own', '[64:ff9b:1::7f00:1]'],
  ['6to4', '[2002:7f00:1::]'],
  ['Teredo', '[2001:0:4136:e378:8000:63bf:80ff:fffe]'],
  ['ISATAP', '[2a00:1450:4001:801:0:5efe:7f00:1]'],
  ['ISATAP with the universal bit', '[2a00:1450:4001:801:200:5efe:7f00:1]'],
  ['by name', 'localhost'],
  ['by name with a dot behind', 'localhost.'],
  ['by name in capitals', 'LOCALHOST'],
  ['by name in full width', 'ｌｏｃａｌｈｏｓｔ'],
  ['by a name below it', 'anything.localhost'],
];

const others: readonly [string, string][] = [
  ['this host', '0.0.0.0'],
  ['this host as one digit', '0'],
  ['this network', '0.1.2.3'],
  ['no address at all, IPv6', '[::]'],
  ['private, 10', '10.0.0.1'],
  ['private, 172.16', '172.16.0.1'],
  ['private, 172.31', '172.31.255.255'],
  ['private, 192.168', '192.168.0.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['metadata of one cloud', '169.254.169.254'],
  ['the same, decimal', '2852039166'],
  ['the same, hexadecimal', '0xa9fea9fe'],
  ['the same, IPv4-mapped', '[::ffff:a9fe:a9fe]'],
  ['metadata of another cloud', '100.100.100.200'],
  ['metadata over IPv6', '[fd00:ec2::254]'],
  ['platform address of a cloud', '168.63.129.16'],
  ['protocol assignments', '192.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['6to4 relay', '192.88.99.1'],
  ['benchmarks', '198.18.0.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['link-local, IPv6', '[fe80::1]'],
  ['site-local, IPv6', '[fec0::1]'],
  ['unique local, IPv6', '[fc00::1]'],
  ['multicast, IPv6', '[ff02::1]'],
  ['discard only, IPv6', '[100::1]'],
  ['documentation, IPv6', '[2001:db8::1]'],
];

/** The scheme changes nothing about an address: one of each sort is enough. */
const alsoOverTls = ['plain', 'IPv6', 'metadata of one cloud'];

export function forbiddenAddresses({ canaryPort }: Places): SourceClass {
  const ownAddresses = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }, i): [string, string] => [`this machine’s ${i + 1}. address`, address]);
  return {
    name: 'forbidden addresses',
    cases: [
      ...[...loopback, ...others, ...ownAddresses].map(([name, host]) => ({
        name,
        url: `http://${host}:${canaryPort}/`,
        right: forbidden,
      })),
      ...[...loopback, ...others]
        .filter(([name]) => alsoOverTls.includes(name))
        .map(([name, host]) => ({ name: `${name}, https`, url: `https://${host}:${canaryPort}/`, right: forbidden })),
      {
        name: 'this machine’s name',
        url: `http://${hostname()}:${canaryPort}/`,
        // Public only where the machine itself is.
        right: ['source_forbidden_address', 'source_unreachable', 'source_timeout'],
      },
    ],
  };
}

const redirectPath = (to: string, status = 302) => `/redirect?status=${status}&to=${encodeURIComponent(to)}`;

export function forbiddenRedirects({ originHost, canaryPort }: Places): SourceClass {
  const statuses = [301, 302, 303, 307, 308];
  const redirects = [...loopback, ...others].map(([name, host], i): HostileSource => {
    const status = statuses[i % statuses.length] ?? 302;
    return {
      name: `${status} to ${name}`,
      url: `http://${originHost}${redirectPath(`http://${host}:${canaryPort}/`, status)}`,
      right: forbidden,
    };
  });
  const twice = `http://${originHost}${redirectPath(`http://127.0.0.1:${canaryPort}/`)}`;
  return {
    name: 'redirects to forbidden addresses',
    cases: [
      ...redirects,
      {
        name: 'a redirect to a redirect to loopback',
        url: `http://${originHost}${redirectPath(twice)}`,
        right: forbidden,
      },
      {
        name: 'a redirect without a scheme',
        url: `http://${originHost}${redirectPath(`//127.0.0.1:${canaryPort}/`)}`,
        right: forbidden,
      },
      {
        name: 'a redirect with backslashes',
        url: `http://${originHost}${redirectPath(`\\\\127.0.0.1:${canaryPort}\\`)}`,
        right: forbidden,
      },
      {
        name: 'a redirect with a user name',
        url: `http://${originHost}${redirectPath(`http://a:b@127.0.0.1:${canaryPort}/`)}`,
        right: forbidden,
      },
    ],
  };
}

const schemesWith = (canaryPort: number) => [
  'file:///etc/passwd',
  'file://localhost/etc/passwd',
  'ftp://127.0.0.1/',
  `gopher://127.0.0.1:${canaryPort}/_GET`,
  'dict://127.0.0.1:11211/stats',
  'ldap://127.0.0.1/',
  'data:image/png;base64,iVBORw0KGgo=',
  'javascript:alert(1)',
  'blob:http://127.0.0.1/x',
  'jar:http://127.0.0.1!/',
  'about:blank',
  'ws://127.0.0.1/',
  'view-source:http://127.0.0.1/',
  'redis://127.0.0.1:6379/',
  'unix:/var/run/docker.sock',
];

const ports = [1, 22, 25, 3_306, 5_432, 6_379, 8_080, 9_200, 65_535];

/** Schemes, ports, user names and other things that a URL can be made of. */
export function oddUrls(places: Places): SourceClass {
  const schemes = schemesWith(places.canaryPort);
  return {
    name: 'odd URLs',
    cases: [
      ...schemes.map((url) => ({ name: url.slice(0, 30), url, right: refusedAsUrl })),
      ...schemes.slice(0, 8).map((url) => ({
        name: `a redirect to ${url.slice(0, 20)}`,
        url: `http://${places.originHost}${redirectPath(url)}`,
        right: forbidden,
      })),
      ...ports.map((port) => ({ name: `port ${port}`, url: `http://127.0.0.1:${port}/`, right: forbidden })),
      ...besideTheAllowed(places),
      ...oddlyWritten(places),
      ...noPlaces(places),
    ],
  };
}

/** What is allowed, where it does not count. */
function besideTheAllowed({ originHost, originPort, canaryPort, apiPort }: Places): HostileSource[] {
  return [
    { name: 'a user name', url: `http://user:secret@127.0.0.1:${canaryPort}/`, right: refusedAsUrl },
    {
      name: 'the allowed host as a user name',
      url: `http://${originHost}@127.0.0.1:${canaryPort}/`,
      right: refusedAsUrl,
    },
    {
      name: 'the allowed host as a fragment',
      url: `http://127.0.0.1:${canaryPort}#@${originHost}/`,
      right: forbidden,
    },
    {
      name: 'the allowed host behind a backslash',
      url: `http://127.0.0.1:${canaryPort}\\@${originHost}/`,
      right: forbidden,
    },
    { name: 'the allowed host in the path', url: `http://127.0.0.1:${canaryPort}/${originHost}`, right: forbidden },
    { name: 'the allowed port of another address', url: `http://127.0.0.2:${originPort}/`, right: forbidden },
    { name: 'the allowed address by another name', url: `http://localhost:${originPort}/`, right: forbidden },
    { name: 'the allowed address as IPv4-mapped', url: `http://[::ffff:127.0.0.1]:${originPort}/`, right: forbidden },
    { name: 'the service itself by its address', url: `http://127.0.0.1:${apiPort}/health`, right: forbidden },
  ];
}

/** What parsers of URLs read in different ways. */
function oddlyWritten({ canaryPort }: Places): HostileSource[] {
  return [
    { name: 'a tab in the host', url: `http://127.0.0\t.1:${canaryPort}/`, right: forbidden },
    {
      name: 'a line break in the host',
      url: `http://127.0.0.1\r\n:${canaryPort}/`,
      right: [...forbidden, ...refusedAsUrl],
    },
    { name: 'three slashes', url: `http:///127.0.0.1:${canaryPort}/`, right: forbidden },
    { name: 'no slashes', url: `http:127.0.0.1:${canaryPort}/`, right: forbidden },
    { name: 'only backslashes', url: `http:\\\\127.0.0.1:${canaryPort}\\`, right: forbidden },
    { name: 'spaces around', url: `  http://127.0.0.1:${canaryPort}/  `, right: forbidden },
    { name: 'a null byte', url: `http://127.0.0.1\0.example.com:${canaryPort}/`, right: refusedAsUrl },
  ];
}

/** What names no place at all, or one that is too long. */
function noPlaces({ originHost }: Places): HostileSource[] {
  return [
    { name: 'no host', url: 'http://', right: refusedAsUrl },
    { name: 'a relative path', url: '/etc/passwd', right: refusedAsUrl },
    { name: 'an empty text', url: '', right: ['invalid_request', 'invalid_option'] },
    { name: 'a port of 65536', url: 'http://127.0.0.1:65536/', right: refusedAsUrl },
    {
      name: 'a name that does not exist',
      url: 'http://does-not-exist.invalid/',
      right: ['source_unreachable'],
      isSlow: true,
    },
    {
      name: 'a host of 300 characters',
      url: `http://${'a'.repeat(300)}.invalid/`,
      right: ['source_unreachable', 'invalid_request'],
      isSlow: true,
    },
    {
      name: '8000 characters',
      url: `http://${originHost}/status/404?${'a'.repeat(7_900)}`,
      right: ['source_status'],
    },
    {
      name: '9000 characters',
      url: `http://${originHost}/status/404?${'a'.repeat(8_900)}`,
      right: ['invalid_request', 'invalid_option'],
    },
  ];
}

/** Which addresses are public: a table of both kinds, with the edges of the ranges. */
import { describe, expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { isPublicAddress } from '../src/address-guard.ts';

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '93.184.216.34',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2600:1f18::5',
  '2606:4700::6810:84e5',
  '2a00:1450:4001:801::200e',
  // 5efe elsewhere than in the upper half of the interface identifier is no ISATAP.
  '2a00:1450:5efe:801:1:5efe:7f00:1',
];

const closedAddresses: [reason: string, ...addresses: string[]][] = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private', '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  ['carrier-grade NAT', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ['loopback', '127.0.0.0', '127.0.0.1', '127.255.255.255', '::1'],
  [
    'cloud platform',
    '168.63.129.16',
    '169.254.169.254',
    '169.254.170.2',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
  ],
  ['link-local', '169.254.0.0', '169.254.255.255', 'fe80::', 'fe80::1', 'febf:ffff::1'],
  ['protocol assignments', '192.0.0.0', '192.0.0.255', '2001::', '2001:1ff:ffff::1'],
  ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1', '3fff:fff::1'],
  ['AS112, AMT', '192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1'],
  ['benchmarking', '198.18.0.0', '198.19.255.255', '2001:2::1'],
  ['multicast and reserved', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1', '3ffe::1'],
  ['unspecified', '::', '0:0:0:0:0:0:0:0'],
  ['IPv4-mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '0:0:0:0:0:ffff:a00:1'],
  ['IPv4-compatible', '::127.0.0.1', '::7f00:1', '::8.8.8.8'],
  ['IPv4-translated', '::ffff:0:7f00:1'],
  ['NAT64', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::a00:1'],
  ['6to4', '2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe', '2001::7f00:1'],
  ['ISATAP', '2a00:1450:4001:801:0:5efe:7f00:1', '2a00:1450:4001:801:200:5efe:10.0.0.1', 'fe80::5efe:a00:1'],
  ['unique and site local', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
  ['discard, SRv6, unassigned', '100::1', '5f00::1', '4000::1', '1fff::1', 'e000::1'],
];

const notLiterals = [
  '',
  'localhost',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '8.8.8',
  '8.8.8.8.',
  '[::1]',
  '10',
];

describe('isPublicAddress', () => {
  test.each(publicAddresses)('when the address is %s, then it is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each(closedAddresses)('when the address is of the kind "%s", then it is not public', (_reason, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  test('when the text is no strict literal or names a zone, then it is not public', () => {
    const zoned = ['fe80::1%eth0', '2606:4700::1%eth0'];
    expect([...notLiterals, ...zoned].filter(isPublicAddress)).toEqual([]);
  });

  test('when ipaddr.js calls an address special, then it is not public here either', () => {
    const octets = [0, 1, 2, 16, 31, 63, 64, 88, 99, 100, 113, 127, 128, 168, 169, 172, 175, 192, 198, 203, 224, 255];
    const addresses = octets.flatMap((a) => octets.flatMap((b) => octets.map((c) => `${a}.${b}.${c}.1`)));

    const disputed = addresses.filter((text) => ipaddr.parse(text).range() !== 'unicast' && isPublicAddress(text));

    expect(disputed).toEqual([]);
  });
});

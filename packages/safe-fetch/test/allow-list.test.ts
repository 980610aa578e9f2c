/** The operator's exceptions: how they are written, and exactly what they match. */
import { describe, expect, test } from '@jest/globals';
import { allowsAddress, allowsHost, parseAllowList } from '../src/allow-list.ts';

describe('parseAllowList', () => {
  test('when the text is empty or has only commas, then nothing is allowed', () => {
    expect([...parseAllowList(''), ...parseAllowList(' , ')]).toEqual([]);
  });

  test('when hosts and ranges are mixed, then each is read in its normal form', () => {
    const entries = parseAllowList('API:3000, 10.0.0.0/8,[::1]:3000, bücher.example:80 , 127.0.0.1:8080,fd00::/8');

    expect(entries.filter((entry) => entry.kind === 'host')).toEqual([
      { kind: 'host', hostname: 'api', port: 3_000 },
      { kind: 'host', hostname: '::1', port: 3_000 },
      { kind: 'host', hostname: 'xn--bcher-kva.example', port: 80 },
      { kind: 'host', hostname: '127.0.0.1', port: 8_080 },
    ]);
    expect(entries.filter((entry) => entry.kind === 'range')).toHaveLength(2);
  });

  test.each([
    'api',
    'api:',
    'api:0',
    'api:65536',
    'api:80:80',
    ':80',
    '*.example.com:80',
    'http://api:80',
    'api:80/path',
    'user@api:80',
    '10.0.0.1',
    '10/8',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    'fd00::/129',
    '::1:3000',
    '[::1]',
    '[::g]:80',
    '0x0a.0.0.0/8',
  ])('when an entry is %s, then the error names it', (entry) => {
    expect(() => parseAllowList(`api:3000, ${entry}`)).toThrow(`"${entry}" is neither`);
  });
});

describe('what an entry allows', () => {
  test('when it is host:port, then only this host on this port is meant', () => {
    const entries = parseAllowList('api:3000');

    expect(allowsHost(entries, 'api', 3_000)).toBe(true);
    expect(allowsHost(entries, 'api', 3_001)).toBe(false);
    expect(allowsHost(entries, 'api.', 3_000)).toBe(false);
    expect(allowsHost(entries, 'www.api', 3_000)).toBe(false);
    expect(allowsAddress(entries, '127.0.0.1')).toBe(false);
  });

  test('when it is a range, then its addresses are meant, but not other spellings of them', () => {
    const entries = parseAllowList('10.0.0.0/8, fd00::/8');

    expect(['10.0.0.0', '10.255.255.255', 'fd12::1'].every((address) => allowsAddress(entries, address))).toBe(true);
    const others = ['9.255.255.255', '11.0.0.0', '::ffff:10.0.0.1', '::10.0.0.1', '10.1', 'fe80::1', 'api'];
    expect(others.filter((address) => allowsAddress(entries, address))).toEqual([]);
  });
});

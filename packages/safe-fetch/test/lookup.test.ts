/** Strangers' names are asked of DNS alone, and the silent ones hold up nobody; seen with a name server of our own. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStrangerLookup, type Lookup } from '../src/lookup.ts';
import { type NameServer, startNameServer, typeA, typeAaaa } from './name-server.ts';

let server: NameServer;
let lookup: Lookup;

beforeAll(async () => {
  server = await startNameServer({
    'both.test': { [typeA]: [192, 0, 2, 1], [typeAaaa]: [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1] },
    'four.test': { [typeA]: [192, 0, 2, 2] },
  });
  lookup = createStrangerLookup({ hostsFile: false, servers: [server.address] });
});
afterAll(() => server.close());

describe('createStrangerLookup', () => {
  test('when a name has both kinds of address, then IPv6 comes first and IPv4 last', async () => {
    expect(await lookup('both.test')).toEqual([
      { address: '2001:db8::1', family: 6 },
      { address: '192.0.2.1', family: 4 },
    ]);
  });

  test('when a name has one kind of address, then that is enough', async () => {
    expect(await lookup('four.test')).toEqual([{ address: '192.0.2.2', family: 4 }]);
  });

  test('when a name is unknown, then the error says so', async () => {
    await expect(lookup('unknown.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('when a name is loopback by definition, then no server is asked', async () => {
    const before = server.queries();

    for (const name of ['localhost', 'localhost.', 'a.localhost']) {
      expect(await lookup(name)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    }
    expect(server.queries()).toBe(before);
  });

  test('when sixty names are never answered, then another is answered before any of them ends', async () => {
    let ended = 0;
    const silent = Array.from({ length: 60 }, (_, i) =>
      lookup(`silent${i}.test`)
        .catch((error) => error.code)
        .then((code) => {
          ended++;
          return code;
        }),
    );
    await lookup('four.test');
    expect(ended).toBe(0);

    expect(new Set(await Promise.all(silent))).toEqual(new Set(['ETIMEOUT']));
  });
});

/** Strangers' names are asked of DNS alone, and the silent ones hold up nobody; seen with a name server of our own. */
import { createSocket, type Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStrangerLookup, type Lookup } from '../src/lookup.ts';

const typeA = 1;
const typeAaaa = 28;
const zone: Record<string, Record<number, number[]>> = {
  'both.test': { [typeA]: [192, 0, 2, 1], [typeAaaa]: [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1] },
  'four.test': { [typeA]: [192, 0, 2, 2] },
};

/**
 * The answer to a DNS query (RFC 1035 §4): a record of `zone`, none, or NXDOMAIN; null for names that begin with
 * "silent".
 */
function answerTo(query: Buffer): Buffer | null {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (labels[0]?.startsWith('silent')) return null;
  const type = query.readUInt16BE(at + 1);
  const records = zone[labels.join('.').toLowerCase()];
  const address = records?.[type];
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(records ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address ? 1 : 0, 6);
  const record = address ? [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length, ...address] : [];
  return Buffer.concat([head, query.subarray(12, at + 5), Buffer.from(record)]);
}

let server: Socket;
let lookup: Lookup;
let queries = 0;

beforeAll(async () => {
  server = createSocket('udp4');
  server.on('message', (query, from) => {
    queries++;
    const answer = answerTo(query);
    if (answer !== null) server.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  lookup = createStrangerLookup({ hostsFile: false, servers: [`127.0.0.1:${server.address().port}`] });
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

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
    const before = queries;

    for (const name of ['localhost', 'localhost.', 'a.localhost']) {
      expect(await lookup(name)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    }
    expect(queries).toBe(before);
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

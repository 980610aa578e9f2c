/** A name server of a test's own, on loopback. */
import { createSocket } from 'node:dgram';

export const typeA = 1;
export const typeAaaa = 28;

/** Bytes of a name's address by type; a name without any is there, and has none. */
export type Zone = Record<string, Record<number, number[]>>;

export type NameServer = {
  /** For `Resolver.setServers`. */
  address: string;
  queries(): number;
  close(): Promise<void>;
};

/** What a server says that has no answer, and of a name that does not exist (RFC 1035 §4.1.1). */
const serverFailure = 2;
const nameError = 3;

export async function startNameServer(zone: Zone): Promise<NameServer> {
  let queries = 0;
  const server = createSocket('udp4');
  server.on('message', (query, from) => {
    queries++;
    const answer = answerTo(query, zone);
    if (answer !== null) server.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    queries: () => queries,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/**
 * The answer to a DNS query (RFC 1035 §4): a record of the zone, none, or NXDOMAIN; null for names that begin with
 * "silent", and SERVFAIL for those that begin with "broken".
 */
function answerTo(query: Buffer, zone: Zone): Buffer | null {
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
  const code = records ? 0 : labels[0]?.startsWith('broken') ? serverFailure : nameError;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 + code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address ? 1 : 0, 6);
  const record = address ? [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length, ...address] : [];
  return Buffer.concat([head, query.subarray(12, at + 5), Buffer.from(record)]);
}

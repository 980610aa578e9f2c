/** Sources that compress although they were asked not to: unpacked within the cap, or refused by what is wrong. */
import { createHash, randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Origin, startOrigin } from '@tintype/testkit';
import { createSafeFetch, parseAllowList, type SafeFetch } from '../src/index.ts';

const picture = randomBytes(100_000);
const maxBytes = 200_000;
/** A frame of one block as it is, whose head asks for a window of 2 to the `log` (RFC 8878, 3.1.1). */
const zstdFrame = (bytes: Buffer, log: number) => {
  const block = Buffer.alloc(3);
  block.writeUIntLE(bytes.length * 8 + 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) * 8]), block, bytes]);
};
let origin: Origin;
let fetcher: SafeFetch;

beforeAll(async () => {
  origin = await startOrigin();
  fetcher = createSafeFetch({
    allow: parseAllowList(origin.host),
    ports: [80],
    maxBytes,
    timeoutMs: 5_000,
    userAgent: 'Tintype/test',
  });
});
afterAll(() => Promise.all([fetcher.close(), origin.close()]));

let served = 0;
const get = (bytes: Uint8Array, encoding: string) => {
  served += 1;
  const path = `/encoded/${served}`;
  origin.serve(path, bytes, { headers: { 'content-encoding': encoding } });
  return fetcher.get(origin.url(path));
};

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['zstd', (bytes: Buffer) => zstdFrame(bytes, 23)],
  ['identity', (bytes: Buffer) => bytes],
])('when the encoding is %s, then the picture comes back with its own hash', async (encoding, pack) => {
  expect(await get(pack(picture), encoding)).toMatchObject({
    bytes: picture,
    sha256: createHash('sha256').update(picture).digest('hex'),
  });
});

test('when two were applied, then both are undone, the last one first', async () => {
  expect((await get(brotliCompressSync(gzipSync(picture)), 'gzip, br')).bytes).toEqual(picture);
});

test('when the taker is told of pieces, then those that are unpacked are among them', async () => {
  let bytes = 0;
  const packed = gzipSync(picture);
  origin.serve('/told', packed, { headers: { 'content-encoding': 'gzip' } });
  const onBody = (more: number) => {
    bytes += more;
    return null;
  };
  await fetcher.get(origin.url('/told'), { onBody });
  expect(bytes).toBe(packed.length + picture.length);
});

test.each([
  ['br', brotliCompressSync, 2 ** 24],
  ['zstd', zstdCompressSync, 2 ** 23],
] as const)(
  'when a decoder of %s may fill megabytes, then the taker is told before it begins',
  async (name, pack, room) => {
    const told: number[] = [];
    const packed = pack(picture);
    origin.serve(`/told/${name}`, packed, { headers: { 'content-encoding': name } });
    const onBody = (more: number) => {
      told.push(more);
      return null;
    };
    await fetcher.get(origin.url(`/told/${name}`), { onBody });
    const before = told.slice(0, told.indexOf(room)).reduce((sum, more) => sum + more, 0);
    expect([told.includes(room), before]).toEqual([true, packed.length]);
  },
);

describe('what is refused', () => {
  const zeros = Buffer.alloc(50_000_000);
  test.each([
    ['a bomb', () => gzipSync(zeros), 'gzip', 'source_too_large'],
    ['a bomb inside of another', () => gzipSync(gzipSync(zeros)), 'gzip, gzip', 'source_too_large'],
    ['one byte too many', () => gzipSync(randomBytes(maxBytes + 1).fill(7)), 'gzip', 'source_too_large'],
    ['a window of more than 8 MB', () => zstdFrame(picture, 24), 'zstd', 'corrupt_image'],
    ['an encoding that nobody knows', () => picture, 'compress', 'unsupported_format'],
    ['too many of them', () => picture, 'gzip, gzip, gzip', 'unsupported_format'],
    ['a picture as it is', () => picture, 'gzip', 'corrupt_image'],
    ['half of it', () => gzipSync(picture).subarray(0, 50_000), 'gzip', 'corrupt_image'],
  ])('%s', async (_what, make, encoding, code) => {
    await expect(get(make(), encoding)).rejects.toMatchObject({ code, retryable: false });
  });

  test('the reason of a signal, when it aborts meanwhile', async () => {
    const stop = new AbortController();
    origin.serve('/stopped', gzipSync(picture), { headers: { 'content-encoding': 'gzip' } });
    const onBody = () => {
      stop.abort(new Error('stopped'));
      return null;
    };
    await expect(fetcher.get(origin.url('/stopped'), { signal: stop.signal, onBody })).rejects.toThrow('stopped');
  });
});

/** The collector keeps bytes, hash and cap right, however the bytes are cut and whatever was announced. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ByteCollector } from '../src/byte-collector.ts';

const body = randomBytes(300_000);
const sha256 = createHash('sha256').update(body).digest('hex');

describe('ByteCollector', () => {
  test.each([
    ['nothing', null],
    ['the truth', body.length],
    ['too little', 10],
    ['too much', 400_000],
    ['no bytes', 0],
    ['far too much', Number.MAX_SAFE_INTEGER],
  ])('when the length announced is %s, then bytes and hash are those that came', (_name, announced) => {
    const collector = new ByteCollector(1_000_000, announced);
    for (let at = 0; at < body.length; at += 7_001) expect(collector.add(body.subarray(at, at + 7_001))).toBe(true);

    expect(collector.length).toBe(body.length);
    const collected = collector.finish();
    expect(collected.sha256).toBe(sha256);
    expect(collected.bytes.equals(body)).toBe(true);
  });

  test('when the cap is met exactly, then all is taken, and one byte more is refused', () => {
    const collector = new ByteCollector(100_000, null);

    expect(collector.add(body.subarray(0, 100_000))).toBe(true);
    expect(collector.add(body.subarray(0, 1))).toBe(false);
    expect(collector.finish().bytes).toHaveLength(100_000);
  });

  test('when nothing comes, then the bytes are empty and the hash is that of nothing', () => {
    const collected = new ByteCollector(100, null).finish();

    expect(collected.bytes).toHaveLength(0);
    expect(collected.sha256).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

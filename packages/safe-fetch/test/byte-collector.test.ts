/** The collector keeps bytes, hash and cap right, however the bytes are cut and whatever was announced. */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ByteCollector } from '../src/byte-collector.ts';
import { SourceBuffers } from '../src/source-buffers.ts';

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
    const collector = new ByteCollector(1_000_000, announced, new SourceBuffers());
    for (let at = 0; at < body.length; at += 7_001) expect(collector.add(body.subarray(at, at + 7_001))).toBe(true);

    expect(collector.length).toBe(body.length);
    const collected = collector.finish();
    expect(collected.sha256).toBe(sha256);
    expect(collected.bytes.equals(body)).toBe(true);
  });

  test('when the cap is met exactly, then all is taken, and one byte more is refused', () => {
    const collector = new ByteCollector(100_000, null, new SourceBuffers());

    expect(collector.add(body.subarray(0, 100_000))).toBe(true);
    expect(collector.add(body.subarray(0, 1))).toBe(false);
    expect(collector.finish().bytes).toHaveLength(100_000);
  });

  test('when nothing comes, then the bytes are empty and the hash is that of nothing', () => {
    const collected = new ByteCollector(100, null, new SourceBuffers()).finish();

    expect(collected.bytes).toHaveLength(0);
    expect(collected.sha256).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('when bytes are released, then their memory serves one other body, and others have their own', () => {
    const buffers = new SourceBuffers();
    const collect = (piece: Uint8Array) => {
      const collector = new ByteCollector(1_000_000, piece.length, buffers);
      collector.add(piece);
      return collector.finish();
    };
    const first = collect(body.subarray(0, 90_000));
    first.release();
    first.release();
    const [second, third] = [collect(body.subarray(1, 90_001)), collect(body.subarray(2, 90_002))];

    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(third.bytes.buffer).not.toBe(first.bytes.buffer);
    expect(second.bytes.equals(body.subarray(1, 90_001))).toBe(true);
    expect(third.bytes.equals(body.subarray(2, 90_002))).toBe(true);
  });

  test('when a body outgrows its memory, then it has the larger one to itself', () => {
    const buffers = new SourceBuffers();
    const collector = new ByteCollector(1_000_000, 10, buffers);
    for (let at = 0; at < body.length; at += 50_000) collector.add(body.subarray(at, at + 50_000));
    const { bytes } = collector.finish();
    const others = Array.from({ length: 5 }, () => new ByteCollector(1_000_000, 10, buffers));
    for (const other of others) other.add(randomBytes(60_000));

    expect(bytes.equals(body)).toBe(true);
  });
});

/** Files that bring more work than their size tells are for a process that can be stopped. */
import { describe, expect, test } from '@jest/globals';
import { avifOfManyFrames, photograph, seededRandom, webpOfManyCodes } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { readHeader } from '../src/index.ts';

const flat = (side: number) => sharp({ create: { width: side, height: side, channels: 3, background: '#456' } });
const needsOwnProcess = async (bytes: Buffer) => (await readHeader(bytes)).needsOwnProcess;

/** Noise in every channel, alpha too. */
function noise(width: number, height: number, channels: 3 | 4 = 4): Sharp {
  const random = seededRandom(3);
  const pixels = Buffer.from(Uint8Array.from({ length: width * height * channels }, () => random() * 256));
  return sharp(pixels, { raw: { width, height, channels } });
}

describe('the prefix codes of a WebP', () => {
  test('when there is a group of them for every few pixels, then a process of its own decodes it', async () => {
    const bytes = webpOfManyCodes(30);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 120, height: 120 });
    await expect(sharp(bytes).raw().toBuffer()).resolves.toHaveLength(120 * 120 * 3);
    expect(await needsOwnProcess(bytes)).toBe(true);
  });

  test('when they are those of its transparency in a frame, then too', async () => {
    const lossless = webpOfManyCodes(30);
    const still = await noise(120, 120).webp().toBuffer();
    const alphaAt = still.indexOf('ALPH');
    const alphaBytes = still.readUInt32LE(alphaAt + 4);
    const alphaEnd = alphaAt + 8 + alphaBytes + (alphaBytes % 2);
    const codes = Buffer.concat([Buffer.from([1]), lossless.subarray(25)]);
    const head = Buffer.from('ALPH....', 'latin1');
    head.writeUInt32LE(codes.length, 4);
    const padding = Buffer.alloc(codes.length % 2);
    const bytes = Buffer.concat([still.subarray(0, alphaAt), head, codes, padding, still.subarray(alphaEnd)]);
    bytes.writeUInt32LE(bytes.length - 8, 4);
    expect(await needsOwnProcess(bytes)).toBe(true);
  });

  test.each([0, 2, 4, 6])('when sharp has encoded it with effort %i, then there are few', async (effort) => {
    const picture = sharp(await photograph(300, 200, 4));
    expect(await needsOwnProcess(await picture.clone().webp({ lossless: true, effort }).toBuffer())).toBe(false);
    expect(await needsOwnProcess(await noise(90, 60).webp({ effort }).toBuffer())).toBe(false);
    const colours = await picture.png({ palette: true, colours: 9 }).toBuffer();
    expect(await needsOwnProcess(await sharp(colours).webp({ lossless: true, effort }).toBuffer())).toBe(false);
  });

  test('when the file ends among them, then nothing is thrown', async () => {
    const whole = webpOfManyCodes(30);
    for (const length of [21, 26, 30, 60, 300, 3000]) {
      await readHeader(whole.subarray(0, length)).catch((err) => expect(err.code).toBe('corrupt_image'));
    }
  });
});

describe('the frames of an AVIF', () => {
  test('when its picture has more than one, then a process of its own decodes it', async () => {
    const one = await flat(100).avif({ effort: 0 }).toBuffer();
    expect(await needsOwnProcess(one)).toBe(false);
    const bytes = avifOfManyFrames(one, 2);
    await expect(sharp(bytes).raw().toBuffer()).resolves.toHaveLength(100 * 100 * 3);
    expect(await needsOwnProcess(bytes)).toBe(true);
  });

  test('when it has transparency, which is a picture too, then it is usual', async () => {
    expect(await needsOwnProcess(await noise(90, 70).avif({ effort: 0 }).toBuffer())).toBe(false);
  });
});

describe('the data of a TIFF', () => {
  test.each(['none', 'lzw', 'deflate', 'packbits'] as const)(
    'when it is noise by %s, then it is usual',
    async (how) => {
      expect(await needsOwnProcess(await noise(200, 100).tiff({ compression: how }).toBuffer())).toBe(false);
    },
  );

  test.each(['jpeg', 'webp'] as const)('when it is %s, then a process of its own decodes it', async (how) => {
    expect(await needsOwnProcess(await noise(64, 64, 3).tiff({ compression: how }).toBuffer())).toBe(true);
  });

  test('when it is more than its pixels take, then too', async () => {
    const bytes = await flat(8).tiff({ compression: 'none' }).toBuffer();
    // StripByteCounts: one number of four bytes.
    const size = Buffer.from([0x17, 0x01, 4, 0, 1, 0, 0, 0]);
    const at = bytes.indexOf(size);
    expect(at).toBeGreaterThan(0);
    const long = Buffer.concat([bytes, Buffer.alloc(100_000)]);
    long.writeUInt32LE(90_000, at + size.length);
    expect(await needsOwnProcess(long)).toBe(true);
  });
});

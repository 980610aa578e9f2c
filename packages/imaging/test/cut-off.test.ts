/** Files that end too early: taken where every pixel is there, refused where one is missing. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { photograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, HoldsLoop, readHeader } from '../src/index.ts';

const size = { width: 30, height: 20 };
const outcomeOf = (bytes: Buffer) =>
  decodePicture(bytes, size, 5000).then(
    ({ data }) => data,
    (err) => err.code,
  );

test('when nothing is missing of a JPEG but its end marker, then it is taken', async () => {
  const bytes = readFileSync(new URL('fixtures/jpeg-without-eoi.jpg', import.meta.url));
  expect(await outcomeOf(bytes)).toHaveLength(30 * 20 * 3);
});

describe.each<[string, (picture: Sharp) => Sharp]>([
  ['a JPEG', (picture) => picture.jpeg()],
  ['a progressive JPEG', (picture) => picture.jpeg({ progressive: true })],
  ['a grey JPEG', (picture) => picture.greyscale().jpeg()],
])('%s', (_, encode) => {
  test('without its end marker is the same as with it', async () => {
    const whole = await encode(sharp(await photograph(300, 200))).toBuffer();
    expect(await outcomeOf(whole.subarray(0, -2))).toEqual(await outcomeOf(whole));
    expect(await outcomeOf(whole.subarray(0, -1))).toEqual(await outcomeOf(whole));
  });

  test.each([20, 300, 2000])('of which %d bytes are missing is refused', async (missing) => {
    const whole = await encode(sharp(await photograph(300, 200))).toBuffer();
    expect(await outcomeOf(whole.subarray(0, -missing))).toBe('corrupt_image');
  });
});

test('when only the last chunk of a PNG is missing, then it is taken; without pixels it is refused', async () => {
  const whole = await sharp(await photograph(300, 200))
    .png()
    .toBuffer();
  expect(await outcomeOf(whole.subarray(0, -12))).toEqual(await outcomeOf(whole));
  expect(await outcomeOf(whole.subarray(0, -200))).toBe('corrupt_image');
});

test('when the loop must not be held, then a JPEG whose blocks would have to be counted is not decoded', async () => {
  const bytes = readFileSync(new URL('fixtures/jpeg-without-eoi.jpg', import.meta.url));
  await expect(decodePicture(bytes, size, 5000, { mustNotHoldLoop: true })).rejects.toThrow(HoldsLoop);
});

const end = Buffer.from([0xff, 0xd9]);
const restart = (bytes: Buffer, number: number) => bytes.indexOf(Buffer.from([0xff, 0xd0 + number]));
const scans = (bytes: Buffer) => [...bytes.keys()].filter((at) => bytes[at] === 0xff && bytes[at + 1] === 0xda);
const without = (bytes: Buffer, from: number, count: number) =>
  Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + count)]);

describe.each<[string, (picture: Sharp) => Promise<Buffer>]>([
  ['JPEG', (picture) => picture.jpeg().toBuffer()],
  ['JPEG of full colour', (picture) => picture.jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()],
  ['progressive JPEG', (picture) => picture.jpeg({ progressive: true }).toBuffer()],
  ['grey JPEG', (picture) => picture.greyscale().jpeg().toBuffer()],
  ['CMYK JPEG', (picture) => picture.toColourspace('cmyk').jpeg().toBuffer()],
  ['JPEG with a profile', (picture) => picture.withIccProfile('p3').jpeg().toBuffer()],
])('a %s with an end marker', (_, encode) => {
  const sizes = [size, { width: 300, height: 200 }];

  test.each([0.35, 0.75, 0.97])('behind %d of its bytes is refused at every size', async (part) => {
    const whole = await encode(sharp(await photograph(300, 200)));
    const cut = Buffer.concat([whole.subarray(0, Math.floor(part * whole.length)), end]);
    for (const wanted of sizes) {
      await expect(decodePicture(cut, wanted, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
      const shown = await decodePicture(cut, wanted, 5000, { on_damage: 'accept' });
      expect(shown.isDamaged).toBe(true);
    }
  });

  test('and anything behind that, or before it, is taken', async () => {
    const whole = await encode(sharp(await photograph(300, 200)));
    const shown = await outcomeOf(whole);
    expect(await outcomeOf(Buffer.concat([whole, Buffer.alloc(500, 0x5a)]))).toEqual(shown);
    expect(await outcomeOf(Buffer.concat([whole.subarray(0, -2), Buffer.alloc(40), end]))).toEqual(shown);
  });
});

test('when bytes are missing of a scan of a progressive JPEG that is not the last, then it is refused', async () => {
  const whole = await sharp(await photograph(300, 200))
    .jpeg({ progressive: true })
    .toBuffer();
  const heads = scans(whole);
  expect(heads.length).toBeGreaterThan(5);
  for (const next of heads.slice(1)) expect(await outcomeOf(without(whole, next - 60, 60))).toBe('corrupt_image');
});

describe('a JPEG with restart markers', () => {
  const sound = readFileSync(new URL('fixtures/jpeg-with-restarts.jpg', import.meta.url));

  test('is taken', async () => {
    expect(await outcomeOf(sound)).toHaveLength(30 * 20 * 3);
  });

  test('of which data is missing before one of them, or a marker, is refused', async () => {
    expect(await outcomeOf(without(sound, restart(sound, 1) - 30, 30))).toBe('corrupt_image');
    expect(await outcomeOf(without(sound, restart(sound, 1), 2))).toBe('corrupt_image');
    const interval = restart(sound, 2) - restart(sound, 1);
    expect(await outcomeOf(without(sound, restart(sound, 1), interval))).toBe('corrupt_image');
  });
});

test('when damaged JPEGs are decoded at the same time, then sound ones are taken, and those are for another process', async () => {
  const whole = await sharp(await photograph(300, 200))
    .jpeg()
    .toBuffer();
  const cut = Buffer.concat([whole.subarray(0, whole.length / 2), end]);
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, nth) =>
      decodePicture(nth % 2 === 0 ? whole : cut, size, 5000, { mustNotHoldLoop: true }).then(
        () => 'taken',
        (err) => err.name,
      ),
    ),
  );
  expect(outcomes).toEqual(Array.from({ length: 40 }, (_, nth) => (nth % 2 === 0 ? 'taken' : 'HoldsLoop')));
});

test('when blocks of a large JPEG would have to be counted, then that is for another process', async () => {
  const whole = await sharp(await photograph(1200, 900))
    .jpeg()
    .toBuffer();
  const cut = Buffer.concat([whole.subarray(0, whole.length / 2), end]);
  await expect(decodePicture(cut, size, 5000, { mustNotHoldLoop: true })).rejects.toThrow(HoldsLoop);
  expect(await outcomeOf(cut)).toBe('corrupt_image');
});

test.each([
  ['of 12 bits', (bytes: Buffer, frame: number) => bytes.writeUInt8(12, frame + 4), /more than 8 bits/],
  ['that tells its height later', (bytes: Buffer, frame: number) => bytes.writeUInt16BE(0, frame + 5), /DNL/],
  ['of a hierarchy', (bytes: Buffer, frame: number) => bytes.writeUInt8(0xc5, frame + 1), /hierarchical/],
  ['that is JPEG-LS', (bytes: Buffer, frame: number) => bytes.writeUInt8(0xf7, frame + 1), /JPEG-LS/],
])('when a JPEG is one %s, then it is refused by that name, not as damaged', async (_, change, name) => {
  const bytes = await sharp(await photograph(300, 200))
    .jpeg()
    .toBuffer();
  change(bytes, bytes.indexOf(Buffer.from([0xff, 0xc0])));
  await expect(readHeader(bytes).then(() => decodePicture(bytes, size, 5000))).rejects.toMatchObject({
    code: 'unsupported_format',
    message: expect.stringMatching(name),
  });
});

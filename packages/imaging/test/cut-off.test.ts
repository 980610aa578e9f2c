/** Files that end too early: taken where every pixel is there, refused where one is missing. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { photograph as makePhotograph } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, HoldsLoop, readHeader } from '../src/index.ts';

const size = { width: 30, height: 20 };
const made = new Map<number, Promise<Buffer>>();
/** Each is made once: that takes longer than all the rest. */
function photograph(width: number, height: number): Promise<Buffer> {
  const known = made.get(width) ?? makePhotograph(width, height);
  made.set(width, known);
  return known;
}

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

test('when the loop must not be held, then a large JPEG whose blocks would have to be counted is not decoded', async () => {
  const small = readFileSync(new URL('fixtures/jpeg-without-eoi.jpg', import.meta.url));
  await expect(decodePicture(small, size, 5000, { mustNotHoldLoop: true })).resolves.toMatchObject(size);
  const whole = await sharp(await photograph(2000, 1600))
    .jpeg({ quality: 100 })
    .toBuffer();
  const large = whole.subarray(0, -2);
  await expect(decodePicture(large, size, 5000, { mustNotHoldLoop: true })).rejects.toThrow(HoldsLoop);
});

const end = Buffer.from([0xff, 0xd9]);
const ended = (bytes: Buffer, length: number) => Buffer.concat([bytes.subarray(0, length), end]);

describe.each<[string, (picture: Sharp) => Sharp]>([
  ['a JPEG', (picture) => picture.jpeg()],
  ['a JPEG of 4:4:4', (picture) => picture.jpeg({ chromaSubsampling: '4:4:4' })],
  ['a progressive JPEG', (picture) => picture.jpeg({ progressive: true })],
  ['a grey JPEG', (picture) => picture.greyscale().jpeg()],
  ['a JPEG of inks', (picture) => picture.toColourspace('cmyk').jpeg()],
  ['a JPEG that lies on its side', (picture) => picture.jpeg().withMetadata({ orientation: 6 })],
  ['a JPEG with a profile', (picture) => picture.jpeg().withIccProfile('p3')],
])('%s with an end marker that is not its own', (_, encode) => {
  test.each([0.3, 0.5, 0.75, 0.97])('after %d of its bytes is refused, whatever the size', async (part) => {
    const whole = await encode(sharp(await photograph(600, 400))).toBuffer();
    for (const shown of [{ width: 600, height: 400 }, { width: 310, height: 200 }, size]) {
      const cut = ended(whole, Math.floor(part * whole.length));
      await expect(decodePicture(cut, shown, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
    }
  });

  test('shows what is there to whoever accepts damage', async () => {
    const whole = await encode(sharp(await photograph(600, 400))).toBuffer();
    const cut = ended(whole, Math.floor(0.75 * whole.length));
    expect(await decodePicture(cut, size, 5000, { on_damage: 'accept' })).toMatchObject({ isDamaged: true });
    expect(await decodePicture(whole, size, 5000, { on_damage: 'accept' })).not.toHaveProperty('isDamaged');
  });

  test('behind all of its data is taken, with rubbish before and after it', async () => {
    const whole = await encode(sharp(await photograph(600, 400))).toBuffer();
    const rubbish = Buffer.alloc(50, 0x55);
    for (const sound of [
      Buffer.concat([whole, rubbish]),
      Buffer.concat([whole, whole]),
      Buffer.concat([whole.subarray(0, -2), rubbish, end]),
    ]) {
      expect(await outcomeOf(sound)).toEqual(await outcomeOf(whole));
    }
  });
});

test.each([128, 110, 150])('when a picture is grey (%d) to its last pixel, then it is taken', async (grey) => {
  const background = { r: grey, g: grey, b: grey };
  const bytes = await sharp({ create: { width: 300, height: 200, channels: 3, background } })
    .jpeg()
    .toBuffer();
  expect(await outcomeOf(bytes)).toHaveLength(30 * 20 * 3);
});

describe('what is not known from a look at the last pixel', () => {
  test('when the loop must not be held, then a large JPEG that ends in grey is taken, and one that lacks its end is for another process', async () => {
    const grey = { create: { width: 64, height: 64, channels: 3 as const, background: '#808080' } };
    const bytes = await sharp(await photograph(2000, 1600))
      .composite([{ input: grey, gravity: 'southeast' }])
      .jpeg({ quality: 100 })
      .toBuffer();
    await expect(decodePicture(bytes, size, 5000, { mustNotHoldLoop: true })).resolves.toMatchObject(size);
    const cut = ended(bytes, bytes.length - 20);
    await expect(decodePicture(cut, size, 5000, { mustNotHoldLoop: true })).rejects.toThrow(HoldsLoop);
    await expect(decodePicture(cut, size, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
  });

  test('when one byte is missing of the last block, then it is refused', async () => {
    const whole = await sharp(await photograph(300, 200))
      .jpeg({ chromaSubsampling: '4:4:4', quality: 95 })
      .toBuffer();
    for (const missing of [3, 4, 6])
      expect(await outcomeOf(ended(whole, whole.length - missing))).toBe('corrupt_image');
  });

  test('when damaged and sound JPEGs are decoded at the same time, then each is judged by its own bytes', async () => {
    const whole = await sharp(await photograph(300, 200))
      .jpeg()
      .toBuffer();
    const files = [whole, ended(whole, whole.length - 6), ended(whole, whole.length / 2)];
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, at) => outcomeOf(files[at % 3] ?? whole)));
    const shown = await outcomeOf(whole);
    expect(outcomes).toEqual(Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? shown : 'corrupt_image')));
  });
});

describe('two things that are wrong with one file', () => {
  const scansOf = (bytes: Buffer) => [...bytes.keys()].filter((at) => bytes[at] === 0xff && bytes[at + 1] === 0xda);
  /** Bytes that no block needs at the end of the first scan: libjpeg tells of them, and of nothing else. */
  const withExtra = (bytes: Buffer) => {
    const [first = 0] = scansOf(bytes);
    const next = [...bytes.keys()].find((at) => at > first + 2 && bytes[at] === 0xff && (bytes[at + 1] ?? 0) >= 0xc0);
    return Buffer.concat([bytes.subarray(0, next), Buffer.alloc(40, 0x55), bytes.subarray(next)]);
  };

  test.each([size, { width: 300, height: 200 }])(
    'when one of them costs pixels, then it is refused at %p',
    async (shown) => {
      const whole = await sharp(await photograph(600, 400))
        .jpeg({ progressive: true })
        .toBuffer();
      const strange = withExtra(whole);
      await expect(decodePicture(strange, shown, 5000)).resolves.toMatchObject(shown);
      for (const missing of [10, 1000]) {
        const cut = ended(strange, strange.length - missing);
        await expect(decodePicture(cut, shown, 5000)).rejects.toMatchObject({ code: 'corrupt_image' });
      }
    },
  );
});

test('when a progressive JPEG ends before its last scan without an end marker, then it was cut off; with one it was made so', async () => {
  const whole = await sharp(await photograph(300, 200))
    .jpeg({ progressive: true, optimiseCoding: false })
    .toBuffer();
  const tables = whole.lastIndexOf(Buffer.from([0xff, 0xc4]));
  const scan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
  const before = whole.subarray(0, Math.max(tables, 0) > 0 && scan - tables < 300 ? tables : scan);
  expect(await outcomeOf(Buffer.from(before))).toBe('corrupt_image');
  expect(await outcomeOf(ended(before, before.length))).toHaveLength(30 * 20 * 3);
});

describe('restart markers', () => {
  const withRestarts = readFileSync(new URL('../../raster/test/jpegs/422-restarts.jpg', import.meta.url));
  const shown = { width: 300, height: 190 };
  const markers = [...withRestarts.keys()].filter(
    (at) => withRestarts[at] === 0xff && ((withRestarts[at + 1] ?? 0) & 0xf8) === 0xd0,
  );
  const outcomeOfWrong = (by: number) => {
    const bytes = Buffer.from(withRestarts);
    const at = (markers[3] ?? 0) + 1;
    bytes[at] = 0xd0 | (((bytes[at] ?? 0) + by) & 7);
    return decodePicture(bytes, shown, 5000).then(
      ({ data }) => data,
      (err) => err.code,
    );
  };

  test.each([3, 4, 5])('when the number of one is wrong by %d, then nothing is missing', async (by) => {
    expect(await outcomeOfWrong(by)).toEqual((await decodePicture(withRestarts, shown, 5000)).data);
  });

  test.each([1, 2, 6, 7])(
    'when the number of one is wrong by %d, then blocks are left out, and it is refused',
    async (by) => {
      expect(await outcomeOfWrong(by)).toBe('corrupt_image');
    },
  );
});

describe('kinds that the decoder does not know', () => {
  /** SOF0: its first three bytes are the bits of a sample and the height. */
  const withFrame = async (change: (bytes: Buffer, at: number) => void) => {
    const bytes = await sharp(await photograph(300, 200))
      .jpeg()
      .toBuffer();
    change(bytes, bytes.indexOf(Buffer.from([0xff, 0xc0])));
    return bytes;
  };

  test.each<[string, RegExp, (bytes: Buffer, at: number) => void]>([
    ['12 bits', /12 bits/, (bytes, at) => bytes.writeUInt8(12, at + 4)],
    ['a height behind its pixels', /height/, (bytes, at) => bytes.writeUInt16BE(0, at + 5)],
    ['a hierarchy', /hierarchical/, (bytes, at) => bytes.writeUInt8(0xc5, at + 1)],
  ])('when a JPEG is of %s, then it is refused by that name', async (_kind, detail, change) => {
    const bytes = await withFrame(change);
    const refusal = { code: 'unsupported_format', message: expect.stringMatching(detail) };
    await expect(readHeader(bytes).then(() => decodePicture(bytes, size, 5000))).rejects.toMatchObject(refusal);
  });
});

/** JPEGs reduced without libvips, against the same pictures decoded whole by libvips. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { photograph, seededRandom } from '@tintype/testkit';
import sharp, { type Sharp } from 'sharp';
import { createReducedJpegDecoder, isReducible, type Pixels, readJpegHeader } from '../src/index.ts';

type Size = { width: number; height: number };

const decode = createReducedJpegDecoder();

function reduce(bytes: Buffer, ...sizes: Size[]): Pixels[] | null {
  const header = readJpegHeader(bytes);
  return header && decode(bytes, header, sizes);
}

const fixture = (name: string) => readFile(new URL(`jpegs/${name}`, import.meta.url));
const drawn = photograph(1283, 855);
const original = async () => sharp(await drawn);

/** Mean difference of the samples, of 255, from those of the picture decoded at its full size and shrunk then. */
async function differenceFromWhole(bytes: Buffer, { data, width, height }: Pixels): Promise<number> {
  const picture = sharp(bytes).autoOrient().toColourspace('srgb').removeAlpha();
  const whole = await picture.raw().toBuffer({ resolveWithObject: true });
  const shrunk = await sharp(whole.data, { raw: whole.info }).resize({ width, height, fit: 'fill' }).raw().toBuffer();
  expect(data.length).toBe(shrunk.length);
  return data.reduce((sum, sample, at) => sum + Math.abs(sample - (shrunk[at] ?? 0)), 0) / data.length;
}

describe('pictures', () => {
  const eighth = { width: 133, height: 89 };
  const quarter = { width: 267, height: 178 };
  test.each<[string, (picture: Sharp) => Sharp, Size[]]>([
    ['baseline, 4:2:0', (picture) => picture.jpeg({ quality: 80 }), [eighth, quarter]],
    ['baseline, 4:4:4', (picture) => picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }), [eighth, quarter]],
    ['said to be sRGB', (picture) => picture.withIccProfile('srgb').jpeg(), [eighth, quarter]],
    ['of the tables of the standard', (picture) => picture.jpeg({ optimiseCoding: false }), [eighth, quarter]],
    ['grey', (picture) => picture.greyscale().jpeg(), [eighth, quarter]],
    ['progressive', (picture) => picture.jpeg({ progressive: true }), [eighth]],
    ['progressive by mozjpeg', (picture) => picture.jpeg({ mozjpeg: true }), [eighth]],
    ['progressive and grey', (picture) => picture.greyscale().jpeg({ progressive: true }), [eighth]],
  ])('when a JPEG is %s, then it looks like the whole picture', async (_, encode, sizes) => {
    const bytes = await encode(await original()).toBuffer();
    for (const size of sizes) {
      const [pixels] = reduce(bytes, size) ?? [];
      if (!pixels) throw new Error('left to libvips');
      expect(pixels).toMatchObject({ ...size, channels: 3 });
      expect(await differenceFromWhole(bytes, pixels)).toBeLessThan(2);
    }
  });

  test.each<[string, Size]>([
    ['422-restarts.jpg', { width: 64, height: 41 }],
    ['440.jpg', { width: 64, height: 41 }],
    ['grey-restarts.jpg', { width: 64, height: 41 }],
    ['separate-scans.jpg', { width: 64, height: 41 }],
    ['separate-scans.jpg', { width: 40, height: 26 }],
    ['progressive-restarts.jpg', { width: 40, height: 26 }],
    ['progressive-grey.jpg', { width: 40, height: 26 }],
    ['progressive-separate.jpg', { width: 40, height: 26 }],
  ])('when the file is %s, then it looks like the whole picture', async (name, size) => {
    const bytes = await fixture(name);
    const [pixels] = reduce(bytes, size) ?? [];
    if (!pixels) throw new Error('left to libvips');
    expect(await differenceFromWhole(bytes, pixels)).toBeLessThan(2);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('when EXIF says %i, then the picture is upright', async (orientation) => {
    const bytes = await (await original()).withMetadata({ orientation }).jpeg().toBuffer();
    const size = orientation > 4 ? { width: 60, height: 90 } : { width: 90, height: 60 };
    const [pixels] = reduce(bytes, size) ?? [];
    if (!pixels) throw new Error('left to libvips');
    expect(readJpegHeader(bytes)?.orientation).toBe(orientation);
    expect(await differenceFromWhole(bytes, pixels)).toBeLessThan(2);
  });

  test('when two sizes are asked for, then both come from one decode', async () => {
    const bytes = await (await original()).jpeg().toBuffer();
    const [large, small] = reduce(bytes, { width: 267, height: 178 }, { width: 144, height: 96 }) ?? [];
    expect([large?.width, small?.width]).toEqual([267, 144]);
  });

  test('when a picture is one colour, then every pixel has it', async () => {
    const flat = sharp({ create: { width: 805, height: 605, channels: 3, background: '#c08040' } });
    const bytes = await flat.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const whole = await sharp(bytes).raw().toBuffer();
    for (const size of [
      { width: 167, height: 126 },
      { width: 133, height: 100 },
      { width: 80, height: 60 },
    ]) {
      const [pixels] = reduce(bytes, size) ?? [];
      expect(new Set(pixels?.data.subarray(0, 3))).toEqual(new Set(whole.subarray(0, 3)));
      expect(pixels?.data.every((sample, at) => sample === whole[at % 3])).toBe(true);
    }
  });
});

test.each([
  [8, '4:2:0'],
  [8.8, '4:2:0'],
  [8, '4:4:4'],
])(
  'when a photograph is shown at 1/%d, %s, then it is the same in one scan and progressive',
  async (shrink, chromaSubsampling) => {
    const size = { width: Math.floor(1283 / shrink), height: Math.floor(855 / shrink) };
    const [inOne, inMany] = await Promise.all(
      [false, true].map(async (progressive) =>
        reduce(await (await original()).jpeg({ chromaSubsampling, progressive }).toBuffer(), size),
      ),
    );
    expect(inOne).not.toBeNull();
    expect(inMany).toEqual(inOne);
  },
);

describe.each([false, true])('a photograph of 4:2:0, progressive: %p', (progressive) => {
  test.each(progressive ? [8, 8.5, 10, 16] : [4.8, 6, 8, 10, 16])(
    'when it is reduced to 1/%d, then it is as near to the whole picture as what libvips makes of it',
    async (shrink) => {
      const bytes = await (await original()).jpeg({ quality: 85, progressive }).toBuffer();
      const size = { width: Math.floor(1283 / shrink), height: Math.floor(855 / shrink) };
      const [pixels] = reduce(bytes, size) ?? [];
      if (!pixels) throw new Error('left to libvips');
      const theirs = await sharp(bytes)
        .resize({ ...size, fit: 'fill' })
        .raw()
        .toBuffer();
      const theirDifference = await differenceFromWhole(bytes, { data: theirs, ...size, channels: 3 });
      expect(await differenceFromWhole(bytes, pixels)).toBeLessThan(1.1 * theirDifference);
    },
  );
});

describe('small saturated things', () => {
  const colours: [number, number, number][] = [
    [224, 16, 16],
    [16, 160, 32],
    [16, 48, 224],
    [224, 160, 0],
    [192, 16, 192],
  ];

  /** Dots of twelve pixels on grey, as a JPEG that holds colour at half the size. */
  async function dots(progressive: boolean): Promise<Buffer> {
    const raw = { width: 1600, height: 1200, channels: 3 } as const;
    const data = new Uint8Array(raw.width * raw.height * 3).fill(128);
    for (let dot = 0; dot < 400; dot += 1) {
      const [left, top] = [40 + (dot % 25) * 62, 40 + Math.floor(dot / 25) * 72];
      for (let y = -6; y < 6; y += 1) {
        for (let x = -6; x < 6; x += 1) {
          if ((x + 0.5) ** 2 + (y + 0.5) ** 2 < 36)
            data.set(colours[dot % colours.length] ?? [], 3 * ((top + y) * raw.width + left + x));
        }
      }
    }
    return sharp(data, { raw }).jpeg({ quality: 85, progressive }).toBuffer();
  }

  /** Mean difference of the greatest and the least sample of a pixel: nothing in grey. */
  const saturation = ({ data }: { data: Uint8Array }) =>
    data.reduce((sum, _, at) => {
      if (at % 3 > 0) return sum;
      const pixel = data.subarray(at, at + 3);
      return sum + Math.max(...pixel) - Math.min(...pixel);
    }, 0) /
    (data.length / 3);

  test.each<[boolean, Size]>([
    [false, { width: 100, height: 75 }],
    [false, { width: 160, height: 120 }],
    [false, { width: 196, height: 147 }],
    [false, { width: 300, height: 225 }],
    [false, { width: 330, height: 248 }],
    [true, { width: 100, height: 75 }],
    [true, { width: 160, height: 120 }],
    [true, { width: 196, height: 147 }],
  ])('when the file is progressive: %p, and reduced to %p, then they keep their colour', async (progressive, size) => {
    const bytes = await dots(progressive);
    const [pixels] = reduce(bytes, size) ?? [];
    if (!pixels) throw new Error('left to libvips');
    const whole = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const shrunk = await sharp(whole.data, { raw: whole.info }).resize(size).raw().toBuffer();
    expect(saturation(pixels) / saturation({ data: shrunk })).toBeGreaterThan(0.95);
  });
});

describe('files that are left to libvips', () => {
  const size = { width: 100, height: 67 };
  test.each<[string, () => Promise<Buffer>]>([
    ['CMYK', async () => (await original()).toColourspace('cmyk').jpeg().toBuffer()],
    ['of a colour profile', async () => (await original()).withIccProfile('p3').jpeg().toBuffer()],
    ['arithmetic', () => fixture('arithmetic.jpg')],
    ['a PNG', async () => (await original()).png().toBuffer()],
    ['cut short', async () => (await (await original()).jpeg().toBuffer()).subarray(0, -20)],
    [
      'progressive and cut short',
      async () => (await (await original()).jpeg({ progressive: true }).toBuffer()).subarray(0, -20),
    ],
  ])('when a file is %s, then nothing is said of it', async (_, make) => {
    expect(reduce(await make(), size)).toBeNull();
  });

  test.each([0.3, 0.6, 0.9, 0.99])(
    'when a progressive file was cut at %d of its last scan and ended, then what that scan refines is not shown',
    async (part) => {
      for (const isOfMozjpeg of [false, true]) {
        const whole = await (await original()).jpeg({ progressive: true, mozjpeg: isOfMozjpeg }).toBuffer();
        const scan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
        const cut = whole.subarray(0, scan + Math.floor((whole.length - scan) * part));
        const ended = Buffer.concat([cut, Buffer.from([0xff, 0xd9])]);
        expect(reduce(ended, { width: 160, height: 106 })).toBeNull();
        // Of these every pixel was read, and none is another one. What mozjpeg brings last is colour's lowest waves.
        if (!isOfMozjpeg)
          expect(reduce(ended, { width: 128, height: 85 })).toEqual(reduce(whole, { width: 128, height: 85 }));
      }
    },
  );

  test.each<[string, (picture: Sharp) => Sharp]>([
    ['libjpeg', (picture) => picture.jpeg({ progressive: true })],
    ['libjpeg, of 4:4:4', (picture) => picture.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['libjpeg, of grey', (picture) => picture.greyscale().jpeg({ progressive: true })],
    ['mozjpeg', (picture) => picture.jpeg({ mozjpeg: true })],
  ])(
    'when a progressive file of %s was cut in any scan and ended, then it is the whole picture or none',
    async (_, encode) => {
      const whole = await encode(await original()).toBuffer();
      const sizes = [
        { width: 142, height: 95 },
        { width: 40, height: 26 },
        { width: 160, height: 106 },
      ];
      const pictures = sizes.map((shown) => reduce(whole, shown));
      const scans = [...whole.keys()].filter((at) => whole[at] === 0xff && whole[at + 1] === 0xda);
      for (const [at, scan] of scans.entries()) {
        for (const part of [0.5, 0.99]) {
          const data = scan + 20;
          const cut = whole.subarray(0, data + Math.floor(part * ((scans[at + 1] ?? whole.length) - data)));
          const ended = Buffer.concat([cut, Buffer.from([0xff, 0xd9])]);
          for (const [index, shown] of sizes.entries())
            expect([null, pictures[index]]).toContainEqual(reduce(ended, shown));
          await expect(sharp(ended, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow();
        }
      }
    },
  );

  test('when the picture is wanted larger than 1/4.7, then nothing is said of it', async () => {
    const bytes = await (await original()).jpeg().toBuffer();
    const jpeg = readJpegHeader(bytes);
    if (!jpeg) throw new Error('no header');
    expect(isReducible(jpeg, [size])).toBe(true);
    expect(isReducible(jpeg, [size, { width: 280, height: 187 }])).toBe(false);
    expect(decode(bytes, jpeg, [{ width: 280, height: 187 }])).toBeNull();
  });

  test('when bytes are cut off, changed or mixed up, then there is a picture of that size or none', async () => {
    const random = seededRandom(7);
    const files = [
      await photograph(640, 480, 3),
      await sharp(await photograph(640, 480, 4))
        .jpeg({ progressive: true })
        .toBuffer(),
      await fixture('422-restarts.jpg'),
    ];
    let made = 0;
    for (let round = 0; round < 600; round += 1) {
      const bytes = Buffer.from(files[round % files.length] ?? []);
      const changes = 1 + Math.floor(random() * 4);
      for (let change = 0; change < changes; change += 1) {
        const reach = random() < 0.5 ? 700 : bytes.length; // headers are where the most can go wrong
        bytes[2 + Math.floor(random() * (Math.min(reach, bytes.length) - 2))] = Math.floor(random() * 256);
      }
      const cut = random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      const header = readJpegHeader(cut);
      if (!header || header.width * header.height > 4e6) continue;
      const [pixels] = decode(cut, header, [{ width: 40, height: 26 }]) ?? [];
      if (pixels) made += 1;
      expect(pixels?.data.length ?? 40 * 26 * 3).toBe(40 * 26 * 3);
    }
    expect(made).toBeGreaterThan(40);
  });
});

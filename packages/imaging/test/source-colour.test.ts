/** Colours of pictures that are not in sRGB and have no profile; judged by colour-science (fixtures/source-colours.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { differenceCiede2000 } from 'culori';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { codePoints, withColour } from './avif-file.ts';
import { pngWith } from './icc-profile.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const reference: { samples: number[][]; meant: Record<string, string[]> } = JSON.parse(
  fixture('source-colours.json').toString(),
);
const differenceOf = differenceCiede2000();

async function firstColour(bytes: Buffer): Promise<string> {
  const { data } = await decodePicture(bytes, { width: 4, height: 4 }, 5000);
  return `#${Buffer.from(data.subarray(0, 3)).toString('hex')}`;
}

const flat = ([r = 0, g = 0, b = 0]: number[]) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } });

const avif = (picture: Sharp) => picture.avif({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();

const numbers = (...values: number[]) => {
  const data = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) data.writeUInt32BE(value, index * 4);
  return data;
};
const p3 = [31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6000];

describe('code points', () => {
  test.each(Object.keys(reference.meant))('when they are %s, then colours are what they mean', async (codes) => {
    const [primaries = 0, transfer = 0] = codes.split('/').map(Number);
    for (const [nth, sample] of reference.samples.entries()) {
      const meant = reference.meant[codes]?.[nth] ?? '';
      const png = pngWith(await flat(sample).png().toBuffer(), ['cICP', Buffer.from([primaries, transfer, 0, 1])]);
      expect({ of: 'PNG', meant, by: differenceOf(meant, await firstColour(png)) < 1.5 }).toMatchObject({ by: true });
      const ofAvif = await firstColour(withColour(await avif(flat(sample)), codePoints(primaries, transfer)));
      expect({ of: 'AVIF', meant, ofAvif, by: differenceOf(meant, ofAvif) < 1.5 }).toMatchObject({ by: true });
    }
  });
});

describe('files', () => {
  test.each([
    ['avif-nclx-p3.avif', '#d92a34'],
    ['avif-grey-gamma1-icc.avif', '#898989'],
    ['png-cicp-p3.png', '#8a3bcf'],
    ['png-gama1.png', '#bc89e5'],
  ])('%s is %s', async (name, colour) => {
    expect(differenceOf(colour, await firstColour(fixture(name)))).toBeLessThan(0.5);
  });
});

describe('the order of a PNG', () => {
  const sample = [128, 64, 200];
  const plain = '#8040c8';
  const linear = '#bc89e5';
  const rendered = ['sRGB', Buffer.from([0])] as const;
  const gamma = (value: number) => ['gAMA', numbers(value)] as const;
  const codes = (primaries: number, transfer: number) => ['cICP', Buffer.from([primaries, transfer, 0, 1])] as const;

  test.each([
    ['nothing', [], plain],
    ['a gamma of 1', [gamma(100_000)], linear],
    ['sRGB and another gamma', [rendered, gamma(100_000)], plain],
    ['code points and sRGB', [codes(1, 8), rendered], linear],
    ['code points that are unspecified, and a gamma', [codes(2, 2), gamma(100_000)], linear],
    ['code points that nobody knows, and a gamma', [codes(200, 200), gamma(100_000)], linear],
    ['chromaticities alone', [['cHRM', numbers(...p3)]], plain],
    ['chromaticities of P3 and a gamma of 1/2.2', [['cHRM', numbers(...p3)], gamma(45_455)], '#8a3bcf'],
    ['chromaticities on one line', [['cHRM', numbers(...new Array(8).fill(30_000))], gamma(100_000)], linear],
    ['what programs write that mean sRGB', [gamma(45_455)], plain],
    ['a gamma of 0', [gamma(0)], plain],
    ['a gamma that is cut off', [['gAMA', Buffer.from([1])]], plain],
  ] as const)('when it has %s', async (_what, chunks, colour) => {
    const png = pngWith(await flat(sample).png().toBuffer(), ...chunks);
    expect(differenceOf(colour, await firstColour(png))).toBeLessThan(1.5);
  });

  test('when it has code points and a profile, then the code points count', async () => {
    const withProfile = await flat(sample).withIccProfile('p3').png().toBuffer();
    expect(await firstColour(withProfile)).toBe(plain);
    const [r = 0, g = 0, b = 0] = await sharp(withProfile, { ignoreIcc: true }).raw().toBuffer();
    const plainOnes = pngWith(await flat([r, g, b]).png().toBuffer(), codes(1, 8));
    expect(await firstColour(pngWith(withProfile, codes(1, 8)))).toBe(await firstColour(plainOnes));
  });
});

test('when boxes of an AVIF are cut off or say another version, then nothing but a problem or a picture comes of it', async () => {
  const whole = withColour(await avif(flat([200, 60, 60])), codePoints(12, 13));
  const changes = ['pitm', 'ipma', 'ipco', 'colr', 'nclx', 'av1C', 'iprp'].flatMap((name) => {
    const at = whole.indexOf(name);
    return Array.from({ length: 24 }, (_, nth) => at - 4 + nth).flatMap((byte) =>
      [0, 1, 255].map((value) => ({ byte, value })),
    );
  });
  for (const { byte, value } of changes) {
    const changed = Buffer.from(whole);
    changed[byte] = value;
    const outcome = await firstColour(changed).catch((err) => err.code);
    expect(['corrupt_image', 'unsupported_format', 'too_many_pixels', 'not_an_image', '#']).toContain(
      outcome.startsWith('#') ? '#' : outcome,
    );
  }
});

describe('depth, range and transparency', () => {
  test('when samples have 16 bits, then none is lost', async () => {
    const data = new Uint16Array(16 * 16 * 3).fill(1000);
    const png = await sharp(data, { raw: { width: 16, height: 16, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    // Linear light of 1000/65535, which eight bits would make 4/255 of.
    expect(await firstColour(pngWith(png, ['cICP', Buffer.from([1, 8, 0, 1])]))).toBe('#212121');
  });

  test('when a PNG is half transparent, then it stays so', async () => {
    const background = { r: 128, g: 64, b: 200, alpha: 0.5 };
    const png = await sharp({ create: { width: 16, height: 16, channels: 4, background } })
      .png()
      .toBuffer();
    const { data, channels } = await decodePicture(
      pngWith(png, ['gAMA', numbers(100_000)]),
      { width: 4, height: 4 },
      5000,
    );
    expect([channels, data[3]]).toEqual([4, 128]);
    expect(differenceOf('#bc89e5', `#${Buffer.from(data.subarray(0, 3)).toString('hex')}`)).toBeLessThan(1.5);
  });

  test.each([
    [16, '#000000'],
    [126, '#808080'],
    [235, '#ffffff'],
  ])('when grey %d of an AVIF is of narrow range, then it is %s', async (sample, colour) => {
    const grey = await avif(flat([sample, sample, sample]).toColourspace('b-w'));
    expect(differenceOf(colour, await firstColour(withColour(grey, codePoints(1, 13, false))))).toBeLessThan(1.5);
  });

  test('when a PNG of narrow range says so, then 16 is black and 235 white', async () => {
    const codes = ['cICP', Buffer.from([1, 13, 0, 0])] as const;
    expect(await firstColour(pngWith(await flat([16, 16, 16]).png().toBuffer(), codes))).toBe('#000000');
    expect(await firstColour(pngWith(await flat([235, 235, 235]).png().toBuffer(), codes))).toBe('#ffffff');
  });
});

describe('an AVIF whose colours are multiplied by its alpha', () => {
  const file = fixture('avif-multiplied.avif');
  test.each([
    ['its own size', { width: 64, height: 32 }],
    ['a smaller one', { width: 16, height: 8 }],
  ])('when it is decoded to %s, then they are those of before', async (_, size) => {
    const { data, channels } = await decodePicture(file, size, 5000);
    expect(channels).toBe(4);
    const pixelAt = (x: number) => data.subarray(4 * x, 4 * x + 4);
    for (const [part, meant] of [
      [0.2, [220, 40, 30, 128]],
      [0.8, [230, 220, 40, 255]],
    ] as const) {
      const pixel = pixelAt(Math.floor(part * size.width));
      for (const [nth, value] of meant.entries()) expect(Math.abs((pixel[nth] ?? 0) - value)).toBeLessThan(4);
    }
  });

  test('when its memory is reckoned, then that of its samples counts', async () => {
    const { decodeBytes } = await readHeader(file);
    expect(decodeBytes).toBeGreaterThan((await readHeader(await avif(flat([1, 2, 3]).ensureAlpha()))).decodeBytes);
  });
});

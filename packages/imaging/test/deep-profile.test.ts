/** Pictures of more than 8 bits with an ICC profile, which sharp converts otherwise than those of 8. */
import { describe, expect, test } from '@jest/globals';
import { differenceCiede2000 } from 'culori';
import sharp from 'sharp';
import { decodePicture } from '../src/index.ts';
import { withColour } from './avif-file.ts';
import { iccProfile, pngWithProfile } from './icc-profile.ts';

const differenceOf = differenceCiede2000();
const samples = ['#c83c28', '#1eb45a', '#1428dc', '#808080', '#f0e614'];
/** XYZ of the primaries as Adobe's and Apple's profiles have them. */
const adobe = iccProfile(2.19921875, [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
]);
const p3Linear = iccProfile(1, [
  [0.51512, 0.2412, -0.00105],
  [0.29198, 0.69225, 0.04189],
  [0.1571, 0.06657, 0.78407],
]);
const grey = (gamma: number) => iccProfile(gamma);

/** What LittleCMS makes of the samples (Pillow 13: ImageCms.profileToProfile, relative). */
const meant: Record<string, string[]> = {
  'Adobe RGB': ['#e73922', '#00b553', '#0023e1', '#818181', '#f4e700'],
  'linear P3': ['#f47f68', '#00de9b', '#466ff7', '#bcbcbc', '#f9f300'],
  'grey of gamma 1': ['#e5e5e5', '#606060', '#4f4f4f', '#bcbcbc', '#f8f8f8'],
  'grey of gamma 1.8': ['#d2d2d2', '#282828', '#1a1a1a', '#929292', '#f3f3f3'],
};

const flat = (hex: string, isDeep: boolean, isGrey: boolean) => {
  const values = isGrey ? [hex.slice(1, 3)] : [hex.slice(1, 3), hex.slice(3, 5), hex.slice(5)];
  const channels = values.length === 1 ? 1 : 3;
  const pixel = values.map((value) => Number.parseInt(value, 16) * (isDeep ? 257 : 1));
  const raw = { width: 16, height: 16, channels } as const;
  const size = 256 * channels;
  const fill = (_: unknown, at: number) => pixel[at % channels] ?? 0;
  const data = isDeep ? Uint16Array.from({ length: size }, fill) : Uint8Array.from({ length: size }, fill);
  return sharp(data, { raw }).toColourspace(isGrey ? (isDeep ? 'grey16' : 'b-w') : isDeep ? 'rgb16' : 'srgb');
};

const profiles = [
  ['Adobe RGB', adobe, false],
  ['linear P3', p3Linear, false],
  ['grey of gamma 1', grey(1), true],
  ['grey of gamma 1.8', grey(1.8), true],
] as const;

async function judge(name: string, bytes: Buffer, nth: number): Promise<void> {
  const { data } = await decodePicture(bytes, { width: 4, height: 4 }, 5000);
  const shown = `#${Buffer.from(data.subarray(0, 3)).toString('hex')}`;
  const wanted = meant[name]?.[nth] ?? '';
  expect({ shown, wanted, isNear: differenceOf(shown, wanted) < 1 }).toMatchObject({ isNear: true });
}

describe.each(profiles)('%s', (name, profile, isGrey) => {
  test.each([8, 16])('when a PNG of %d bits has it, then colours are what they mean', async (bits) => {
    for (const [nth, sample] of samples.entries()) {
      await judge(
        name,
        pngWithProfile(
          await flat(sample, bits === 16, isGrey)
            .png()
            .toBuffer(),
          profile,
        ),
        nth,
      );
    }
  });

  test('when it is transparent, then colours are the same', async () => {
    for (const [nth, sample] of samples.entries()) {
      const png = await flat(sample, true, isGrey).ensureAlpha(0.7).png().toBuffer();
      await judge(name, pngWithProfile(png, profile), nth);
    }
  });

  test.each([8, 16])('when a TIFF of %d bits has it, then colours are what they mean', async (bits) => {
    for (const [nth, sample] of samples.entries()) {
      const png = pngWithProfile(
        await flat(sample, bits === 16, isGrey)
          .png()
          .toBuffer(),
        profile,
      );
      const tiff = sharp(png, { ignoreIcc: true }).keepIccProfile();
      const space = isGrey ? (bits === 16 ? 'grey16' : 'b-w') : bits === 16 ? 'rgb16' : 'srgb';
      const bytes = await tiff.toColourspace(space).tiff({ compression: 'none' }).toBuffer();
      expect(await sharp(bytes).metadata()).toMatchObject({
        depth: bits === 16 ? 'ushort' : 'uchar',
        hasProfile: true,
      });
      await judge(name, bytes, nth);
    }
  });
});

describe.each(profiles.filter(([, , isGrey]) => !isGrey))('%s', (name, profile, _isGrey) => {
  test.each([8, 10, 12] as const)(
    'when an AVIF of %d bits has it, then colours are what they mean',
    async (bitdepth) => {
      for (const [nth, sample] of samples.entries()) {
        const avif = await flat(sample, false, false)
          .avif({ quality: 100, chromaSubsampling: '4:4:4', bitdepth })
          .toBuffer();
        const codes = Buffer.concat([Buffer.from('nclx', 'latin1'), Buffer.from([0, 1, 0, 13, 0, 6, 0x80])]);
        await judge(name, withColour(avif, codes, Buffer.concat([Buffer.from('prof', 'latin1'), profile])), nth);
      }
    },
  );
});

test('when a profile cannot be followed, then samples are taken for sRGB', async () => {
  const { data } = await decodePicture(
    pngWithProfile(await flat('#c83c28', true, false).png().toBuffer(), adobe.subarray(0, 160)),
    { width: 4, height: 4 },
    5000,
  );
  expect([...data.subarray(0, 3)]).toEqual([0xc8, 0x3c, 0x28]);
});

/** Where a picture is made, and beside whom, follows from its header and its order. */
import { expect, test } from '@jest/globals';
import { type NamedRendition, renditionOf } from '@tintype/contracts';
import { inspect, planPicture } from '@tintype/picture';
import { seededRandom } from '@tintype/testkit';
import sharp from 'sharp';
import { maxBytesHere } from '../src/picture/admission.ts';
import { waysOf } from '../src/picture/ways.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 50, maxDecodeBytes: 2 ** 29 };
const settings = { reducesJpegs: true, longPictureMs: 250 };

async function waysFor(bytes: Buffer, thumbnail: Partial<Omit<NamedRendition, 'watermark'>>) {
  const order = { renditions: [{ name: 'default', ...renditionOf(thumbnail) }], colours: null };
  const plan = planPicture(await inspect(bytes, limits), order, limits);
  return waysOf(plan, bytes.length, settings);
}

const told = (ways: Awaited<ReturnType<typeof waysFor>>) =>
  ways.map(({ place, isLong }) => `${isLong ? 'long' : 'quick'} ${place}`);

const blank = (width: number, height = width) =>
  sharp({ create: { width, height, channels: 3, background: 'teal' }, limitInputPixels: false });
const square = (side: number) => ({ width: side, height: side });

test.each<[string, Partial<Omit<NamedRendition, 'watermark'>>, string[]]>([
  ['the usual thumbnail', {}, ['quick here', 'long child']],
  ['a small AVIF', { ...square(300), format: 'avif' }, ['quick here', 'long child']],
  ['an AVIF of 700 pixels', { ...square(700), format: 'avif' }, ['long here', 'long child']],
  ['an AVIF of 1500 pixels', { ...square(1500), format: 'avif' }, ['long child']],
  ['a PNG of 2000 pixels', { ...square(2000), format: 'png' }, ['long here', 'long child']],
])('when %s is made of a PNG of 800 pixels, then the ways are %j', async (_, thumbnail, ways) => {
  expect(told(await waysFor(await blank(800).png().toBuffer(), thumbnail))).toEqual(ways);
});

test('when a file of few bytes has many pixels, then it is long', async () => {
  const bytes = await blank(9000).toColourspace('b-w').png({ compressionLevel: 1 }).toBuffer();
  expect(told(await waysFor(bytes, {}))[0]).toBe('long here');
});

test('when an AVIF has many bytes for its pixels, then it is long', async () => {
  const random = seededRandom(2);
  const pixels = Buffer.from(Uint8Array.from({ length: 800 * 600 * 3 }, () => random() * 256));
  const noise = sharp(pixels, { raw: { width: 800, height: 600, channels: 3 } });
  const encode = (picture: typeof noise, quality: number) =>
    picture.avif({ quality, effort: 0, chromaSubsampling: '4:4:4' }).toBuffer();
  expect(told(await waysFor(await encode(blank(800, 600), 100), {}))[0]).toBe('quick here');
  expect(told(await waysFor(await encode(noise, 100), {}))[0]).toBe('long here');
});

test.each<[string, Partial<Omit<NamedRendition, 'watermark'>>, string[]]>([
  ['a JPEG', square(1000), ['quick thread', 'long here', 'long child']],
  ['a small WebP', { ...square(300), format: 'webp' }, ['quick thread', 'long here', 'long child']],
  ['an AVIF of 700 pixels', { ...square(700), format: 'avif' }, ['long thread', 'long here', 'long child']],
  ['an AVIF that takes more than may be held', { ...square(1200), format: 'avif' }, ['long child']],
])('when %s is made of a JPEG that threads reduce, then the ways are %j', async (_, thumbnail, ways) => {
  const bytes = await blank(6000).jpeg().toBuffer();
  const found = await waysFor(bytes, thumbnail);
  expect(told(found)).toEqual(ways);
  for (const { place, bytesHere } of found) if (place !== 'child') expect(bytesHere).toBeLessThanOrEqual(maxBytesHere);
});

/** From a file to the pixels that each method reads. */
import type { Pixels } from '@tintype/colour';
import { renditionOf } from '@tintype/contracts';
import { decode, inspect, planPicture, sample } from '@tintype/picture';
import sharp from 'sharp';

/** One picture, decoded in each of the ways in which methods want it. */
export type Subject = {
  /** What the worker reads colours from when a thumbnail with no options was asked for. */
  sample: Pixels;
  /** 200×200 RGB without alpha, as the replaced system read it. */
  square: Pixels;
};

const limits = { maxMegapixels: 50, maxMegapixelsUnstreamed: 50, maxDecodeBytes: 2 ** 31, timeoutMs: 10_000 };
const order = { renditions: [{ name: 'default', ...renditionOf({}) }], colours: {} };
const squareSide = 200;

export async function readSubject(bytes: Buffer): Promise<Subject> {
  return { sample: await sampleOf(bytes), square: await squareOf(bytes) };
}

/** The worker's own way: header, decode to the size of the default thumbnail, sample. */
async function sampleOf(bytes: Buffer): Promise<Pixels> {
  const plan = planPicture(await inspect(bytes, limits), order, limits);
  const pixels = await decode(bytes, plan, limits.timeoutMs);
  return (await sample(pixels, plan)) ?? pixels;
}

/** The same pixels at exactly 128×128, for times that can be compared. */
export async function timingSample(bytes: Buffer): Promise<Pixels> {
  const plan = planPicture(await inspect(bytes, limits), order, limits);
  return decode(bytes, { ...plan, decodeSize: { width: 128, height: 128 } }, limits.timeoutMs);
}

async function squareOf(bytes: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .removeAlpha()
    .resize(squareSide, squareSide, { fit: 'fill', kernel: 'cubic', fastShrinkOnLoad: false })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: 3 };
}

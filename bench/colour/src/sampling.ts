/** From a file to the pixels that each method reads. */
import type { Pixels } from '@tintype/colour';
import { renditionOf } from '@tintype/contracts';
import { decode, inspect, type PicturePlan, planPicture, sample } from '@tintype/picture';
import { createReducedJpegDecoder, readJpegHeader } from '@tintype/raster';
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
const timedSide = 128;

export async function readSubject(bytes: Buffer): Promise<Subject> {
  return { sample: await sampleOf(bytes), square: await squareOf(bytes) };
}

/** The worker's own way for the usual thumbnail: JPEGs that can be reduced are, the others are decoded by libvips. */
async function sampleOf(bytes: Buffer): Promise<Pixels> {
  const plan = planPicture(await inspect(bytes, limits), order, limits);
  return sampleByPlan(bytes, plan);
}

const reduceJpeg = createReducedJpegDecoder();

async function sampleByPlan(bytes: Buffer, plan: PicturePlan): Promise<Pixels> {
  const header = plan.reduction && readJpegHeader(bytes);
  const reduced = header && plan.reduction && reduceJpeg(bytes, header, sizesOf(plan.reduction), { lightOfLast: true });
  return reduced?.at(-1) ?? sample(await decode(bytes, plan, limits.timeoutMs), plan) ?? fail();
}

/** In the reducer's order: the colours' come last. */
function sizesOf({ renditions, colours }: NonNullable<PicturePlan['reduction']>) {
  return [...renditions.map(({ whole }) => whole), ...(colours ? [colours.size] : [])];
}

function fail(): never {
  throw new Error('The order asks for colours, and there is no sample.');
}

/** The same way to exactly 128×128, for times that can be compared. */
export async function timingSample(bytes: Buffer): Promise<Pixels> {
  const plan = planPicture(await inspect(bytes, limits), order, limits);
  const size = { width: timedSide, height: timedSide };
  const reduction = plan.reduction && { ...plan.reduction, colours: { size, options: {} } };
  return sampleByPlan(bytes, { ...plan, sampleSize: size, reduction });
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

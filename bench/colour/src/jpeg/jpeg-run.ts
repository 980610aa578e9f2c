/** How far reduced JPEGs are from the same pictures decoded whole and shrunk then: ours, and libvips' own. */
import { ciede2000, labFromRgb } from '@tintype/colour';
import { renditionOf } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import { createJpegReducer } from '@tintype/picture/reduced';
import { createReducedJpegDecoder, readJpegHeader, type Size } from '@tintype/raster';
import sharp from 'sharp';
import type { Photograph } from './fetch-photographs.ts';

/** Mean ΔE2000 of a picture's pixels from those of the whole picture. `isOurs`: not left to libvips. */
export type JpegDistance = { row: string; photograph: string; ours: number; libvips: number; isOurs: boolean };

const shrinks = [4, 4.8, 6, 8, 10, 16];
/** Smaller pictures are no pictures any more. */
const leastSide = 24;
const thumbnailSide = 100;
const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 100, maxDecodeBytes: 2 ** 31, timeoutMs: 30_000 };
const decode = createReducedJpegDecoder();
const reducer = createJpegReducer();

export async function runJpegs(photographs: readonly Photograph[]): Promise<JpegDistance[]> {
  const distances: JpegDistance[] = [];
  for (const { name, bytes } of photographs) {
    const sources = { 'as it is': await jpegOf(bytes), progressive: await progressiveOf(bytes) };
    for (const [encoding, jpeg] of Object.entries(sources)) {
      const whole = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
      for (const shrink of shrinks) {
        const row = `${encoding}, 1/${shrink}`;
        const distance = await ofSize(jpeg, whole, shrink);
        if (distance) distances.push({ row, photograph: name, ...distance });
      }
      const row = `${encoding}, thumbnail of ${thumbnailSide} × ${thumbnailSide}`;
      distances.push({ row, photograph: name, ...(await ofThumbnail(jpeg, whole)) });
    }
  }
  return distances;
}

/** What is no JPEG of a kind that we read (PNG, other profiles) becomes one. */
async function jpegOf(bytes: Buffer): Promise<Buffer> {
  const header = readJpegHeader(bytes);
  if (header?.isSrgb && header.orientation === 1 && header.components.length === 3) return bytes;
  return sharp(bytes).autoOrient().toColourspace('srgb').removeAlpha().jpeg({ quality: 85 }).toBuffer();
}

async function progressiveOf(bytes: Buffer): Promise<Buffer> {
  return sharp(await jpegOf(bytes))
    .jpeg({ quality: 85, progressive: true })
    .toBuffer();
}

type Whole = { data: Buffer; info: { width: number; height: number; channels: 1 | 2 | 3 | 4 } };

async function ofSize(jpeg: Buffer, whole: Whole, shrink: number) {
  const header = readJpegHeader(jpeg);
  if (!header) throw new Error('no JPEG that we read');
  const side = (pixels: number) => Math.floor(pixels / shrink);
  const size: Size = { width: side(header.width), height: side(header.height) };
  if (Math.min(size.width, size.height) < leastSide) return null;
  const truth = await sharp(whole.data, { raw: whole.info })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer();
  const theirs = await sharp(jpeg)
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer();
  const [made] = decode(jpeg, header, [size]) ?? [];
  const libvips = meanDistance(theirs, truth);
  return { ours: made ? meanDistance(made.data, truth) : libvips, libvips, isOurs: made !== undefined };
}

/** Decoded again as a browser would. */
async function ofThumbnail(jpeg: Buffer, whole: Whole) {
  const box = { width: thumbnailSide, height: thumbnailSide, fit: 'cover' } as const;
  const truth = await sharp(whole.data, { raw: whole.info }).resize(box).raw().toBuffer();
  const theirs = await sharp(jpeg).resize(box).jpeg({ quality: 80 }).toBuffer();
  const order = { renditions: [{ name: 'default', ...renditionOf({ ...box, format: 'jpeg' }) }], colours: null };
  const { renditions } = await makePicture(jpeg, order, limits, { reducer });
  const [ours] = renditions;
  if (!ours) throw new Error('no thumbnail');
  const distanceOf = async (bytes: Buffer) => meanDistance(await sharp(bytes).raw().toBuffer(), truth);
  return { ours: await distanceOf(ours.bytes), libvips: await distanceOf(theirs), isOurs: true };
}

function meanDistance(one: Uint8Array, other: Uint8Array): number {
  const lab = (data: Uint8Array, at: number) => labFromRgb([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]);
  let sum = 0;
  for (let at = 0; at < other.length; at += 3) sum += ciede2000(lab(one, at), lab(other, at));
  return sum / (other.length / 3);
}

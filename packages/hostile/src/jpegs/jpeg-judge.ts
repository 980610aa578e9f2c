/** Holds our own reader of JPEGs against libvips: what it takes must be sound there too, and look alike. */
import { ciede2000, labFromRgb } from '@tintype/colour';
import { createReducedJpegDecoder, type Pixels, readJpegHeader, type Size } from '@tintype/raster';
import sharp from 'sharp';
import { type JpegSegment, jpegOf, segmentsOf } from '../bytes/jpeg.ts';

/** What became of one file. */
export type JpegVerdict =
  | 'left to libvips'
  | 'alike'
  /** All that the reduced picture is made of is sound; what libvips refuses is detail that is not read. */
  | 'alike but for what is not shown'
  /** The rest are faults. */
  | `throws ${string}`
  | `costs ${string}`
  | 'taken, and libvips refuses it'
  | `other pixels: ${string}`;

/** What the header of a service that is set up as usual lets through. */
const maxPixels = 100e6;
/** CPU of our own reader for a megapixel, and for a file whatever is in it: tables, and the memory of its planes. */
const maxMsPerMegapixel = 50;
const fixedMs = 10;
/**
 * Mean over the picture, in ΔE2000. Damage is shown alike by both; but a changed table can make waves that leave the
 * range of samples, which is cut off where they are drawn and not in their mean.
 */
const maxDifference = 12;
const sound: readonly JpegVerdict[] = ['alike', 'alike but for what is not shown', 'left to libvips'];

const decode = createReducedJpegDecoder();

export function isFault(verdict: JpegVerdict): boolean {
  return !sound.includes(verdict);
}

export async function judgeJpeg(bytes: Buffer, shrink: number): Promise<JpegVerdict> {
  let made: { pixels: Pixels; size: Size; msTooMuch: number | null } | null;
  try {
    made = reduce(bytes, shrink);
  } catch (err) {
    return `throws ${err instanceof Error ? `${err.name}: ${err.message}` : String(err)}`;
  }
  if (!made) return 'left to libvips';
  const { pixels, size, msTooMuch } = made;
  if (msTooMuch !== null) return `costs ${msTooMuch.toFixed(0)} ms too much`;
  const theirs = await reducedByLibvips(bytes, size);
  if (!theirs) return (await isShownWhole(bytes)) ? 'alike but for what is not shown' : 'taken, and libvips refuses it';
  const difference = Math.min(...theirs.map((one) => meanDifference(pixels.data, one)));
  return difference <= maxDifference ? 'alike' : `other pixels: ΔE ${difference.toFixed(1)}`;
}

/** Two files in a row may be a compiler's or a collector's turn: what costs too much is tried again. */
function reduce(bytes: Buffer, shrink: number) {
  const header = readJpegHeader(bytes);
  if (!header || header.width * header.height > maxPixels) return null;
  const size = { width: Math.ceil(header.width / shrink), height: Math.ceil(header.height / shrink) };
  const upright = header.orientation > 4 ? { width: size.height, height: size.width } : size;
  const mostMs = fixedMs + (header.width * header.height * maxMsPerMegapixel) / 1e6;
  let ms = Number.POSITIVE_INFINITY;
  let pixels: Pixels | undefined;
  for (let attempt = 0; attempt < 3 && ms > mostMs; attempt += 1) {
    const before = process.threadCpuUsage();
    pixels = decode(bytes, header, [upright])?.[0];
    const { user, system } = process.threadCpuUsage(before);
    ms = (user + system) / 1000;
  }
  return pixels ? { pixels, size: upright, msTooMuch: ms > mostMs ? ms - mostMs : null } : null;
}

/** Decoded whole and shrunk, and shrunk while it is decoded; null when libvips refuses the file. */
async function reducedByLibvips(bytes: Buffer, size: Size): Promise<Uint8Array[] | null> {
  const open = () => sharp(bytes, { failOn: 'error', autoOrient: true, limitInputPixels: false });
  try {
    const whole = await open().toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const shrunk = sharp(whole.data, { raw: whole.info }).resize({ ...size, fit: 'fill' });
    const onLoad = open()
      .resize({ ...size, fit: 'fill' })
      .toColourspace('srgb')
      .removeAlpha();
    return await Promise.all([shrunk.toColourspace('srgb').raw().toBuffer(), onLoad.raw().toBuffer()]);
  } catch {
    return null;
  }
}

/** Whether libvips takes a progressive file without its scans of detail. */
async function isShownWhole(bytes: Buffer): Promise<boolean> {
  const segments = segmentsOf(bytes);
  const isDetail = ({ marker, bytes: data }: JpegSegment) => marker === 0xda && (data[3 + 2 * (data[2] ?? 0)] ?? 0) > 0;
  if (!segments.some(isDetail)) return false;
  const means = jpegOf(segments.filter((segment) => !isDetail(segment)));
  return sharp(means, { failOn: 'error' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
}

/** Mean ΔE2000 of the pixels. */
function meanDifference(one: Uint8Array, other: Uint8Array): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  const lab = (data: Uint8Array, at: number) => labFromRgb([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]);
  let sum = 0;
  for (let at = 0; at < one.length; at += 3) sum += ciede2000(lab(one, at), lab(other, at));
  return sum / (one.length / 3);
}

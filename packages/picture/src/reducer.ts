/** Makes thumbnails of a JPEG, and reads its colours, in TypeScript alone: for threads, which need not load libvips. */
import {
  createReducedJpegDecoder,
  cropAround,
  encodeJpeg,
  type Pixels,
  progressiveBytes,
  readJpegHeader,
} from '@tintype/raster';
import type { DescribedReduction, ReducedPicture, ReducedRendition, ReducedThumbnail, Reduction } from './reduction.ts';
import type { PictureStep } from './step-runner.ts';
import { describe } from './steps/describe.ts';

type Reduce<Reduced> = (bytes: Buffer, reduction: Reduction, enterStep?: (step: PictureStep) => void) => Reduced | null;

/** Null when libvips must have a look at the file. Says which step begins. */
export type JpegReducer = Reduce<ReducedPicture>;

/** It works on one picture after the other. */
export function createJpegReducer(): JpegReducer {
  const decode = createReducedJpegDecoder();
  return (bytes, { renditions, colours }, enterStep = () => undefined) => {
    const startedMs = performance.now();
    const header = readJpegHeader(bytes);
    if (!header) return null;
    const sizes = renditions.map(({ whole }) => whole);
    const pixels = decode(bytes, header, colours ? [...sizes, colours.size] : sizes, { lightOfLast: colours !== null });
    if (!pixels) return null;

    enterStep('resize');
    const decodedMs = performance.now();
    const thumbnails = renditions.map((rendition, at) => thumbnailOf(pixels[at], rendition));
    const timingsMs = { decode: decodedMs - startedMs, resize: performance.now() - decodedMs };
    return { renditions: thumbnails, sample: (colours && pixels.at(-1)) ?? null, timingsMs };
  };
}

/** The same with colours and placeholder, in one go. */
export function createDescribingReducer(): Reduce<DescribedReduction> {
  const reduce = createJpegReducer();
  return (bytes, reduction, enterStep = () => undefined) => {
    const reduced = reduce(bytes, reduction, enterStep);
    if (!reduced) return null;
    enterStep('colours');
    const startedMs = performance.now();
    const { renditions, sample, timingsMs } = reduced;
    const description = reduction.colours && sample ? describe(sample, reduction.colours.options) : null;
    return { renditions, description, timingsMs: { ...timingsMs, colours: performance.now() - startedMs } };
  };
}

function thumbnailOf(whole: Pixels | undefined, { size, around, quality }: ReducedRendition): ReducedThumbnail {
  if (!whole) throw new Error('the decoder made another number of pictures than it was asked for');
  if (quality === null) return { pixels: whole };
  const bytes = encodeJpeg(cropAround(whole, size, around), quality);
  // The writer knows no progressive JPEG.
  return bytes.length > progressiveBytes ? { pixels: whole } : { bytes, ...size };
}

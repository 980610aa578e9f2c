/** Makes thumbnails and colours of a JPEG in TypeScript alone, in one go: for threads, which need not load libvips. */
import { createReducedJpegDecoder, cropAround, encodeJpeg, type Pixels, readJpegHeader } from '@tintype/raster';
import type { ReducedPicture, ReducedRendition, ReducedThumbnail, Reduction } from './reduction.ts';
import type { PictureStep } from './step-runner.ts';
import { describe } from './steps/describe.ts';

/** Null when libvips must have a look at the file. Says which step begins. */
export type JpegReducer = (
  bytes: Buffer,
  reduction: Reduction,
  enterStep?: (step: PictureStep) => void,
) => ReducedPicture | null;

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

    enterStep('colours');
    const resizedMs = performance.now();
    const sample = pixels.at(-1);
    const description = colours && sample ? describe(sample, colours.options) : null;
    const timingsMs = {
      decode: decodedMs - startedMs,
      resize: resizedMs - decodedMs,
      colours: performance.now() - resizedMs,
    };
    return { renditions: thumbnails, description, timingsMs };
  };
}

function thumbnailOf(whole: Pixels | undefined, { size, around, quality }: ReducedRendition): ReducedThumbnail {
  if (!whole) throw new Error('the decoder made another number of pictures than it was asked for');
  if (quality === null) return { pixels: whole };
  return { bytes: encodeJpeg(cropAround(whole, size, around), quality), ...size };
}

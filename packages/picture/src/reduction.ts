/** What is made of a JPEG in TypeScript alone: as it is planned, and what comes of it. Plain data, for threads. */
import type { PictureColourOptions, Point } from '@tintype/contracts';
import type { Pixels, Sample, Size } from '@tintype/raster';
import type { PictureDescription } from './steps/describe.ts';

/** `whole` is reduced and cut to `size` around a point; without a quality it stays as it is, for the render step to finish. */
export type ReducedRendition = { whole: Size; size: Size; around: Point; quality: number | null };

export type Reduction = {
  renditions: ReducedRendition[];
  /** Read from a picture of this size; null when they are known. */
  colours: { size: Size; options: PictureColourOptions } | null;
};

/** Encoded, or as pixels that the render step is to finish. */
export type ReducedThumbnail = { bytes: Uint8Array; width: number; height: number } | { pixels: Pixels };

export type ReducedPicture = {
  /** As they were planned. */
  renditions: ReducedThumbnail[];
  /** What colours and placeholder are told by; null when they are known. */
  sample: Sample | null;
  timingsMs: { decode: number; resize: number };
};

/** The same with what its sample tells. */
export type DescribedReduction = Pick<ReducedPicture, 'renditions'> & {
  description: PictureDescription | null;
  timingsMs: { decode: number; resize: number; colours: number };
};

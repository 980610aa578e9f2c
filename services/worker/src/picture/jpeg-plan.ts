/** What is to be made of a JPEG without libvips, where that can be done. */
import type { ColourOptions } from '@tintype/contracts';
import { decodeSize, defaultQuality, type PictureHeader, sampleSize, uncroppedSize } from '@tintype/imaging';
import { isReducible } from '@tintype/raster';
import type { PictureRequest } from './picture-part.ts';

type Size = { width: number; height: number };

export type JpegPlan = {
  /** `whole` is reduced and cut to `size`; without a quality it stays as it is, for libvips to finish. */
  thumbnail: { whole: Size; size: Size; quality: number | null } | null;
  /** Read from a picture of this size. */
  colours: { size: Size; options: ColourOptions } | null;
};

/** Null when libvips must do it. */
export function planJpeg({ facts, jpeg }: PictureHeader, { options, makes }: PictureRequest): JpegPlan | null {
  const whole = uncroppedSize(facts, options);
  const sample = sampleSize(decodeSize(facts, options));
  if (jpeg === null || !isReducible(jpeg, [whole, sample])) return null;
  const { width, height, fit, format, quality } = options;
  const isFinished = fit !== 'contain' && (format === 'jpeg' || format === 'auto');
  const size = fit === 'cover' ? { width, height } : whole;
  return {
    thumbnail: makes.thumbnail ? { whole, size, quality: isFinished ? (quality ?? defaultQuality.jpeg) : null } : null,
    colours: makes.colours ? { size: sample, options: options.colours ?? {} } : null,
  };
}

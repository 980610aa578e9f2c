/** What a file says of itself before a pixel is decoded, and the limits it must keep. */
import { type AcceptedFormat, Problem, requireAcceptedFormat } from '@tintype/contracts';
import { decodeProblem } from './decode-problem.ts';
import { sharp } from './libvips.ts';

export type PictureLimits = {
  /** For formats that are decoded line by line. */
  maxMegapixels: number;
  /** For those that libvips must hold whole: progressive JPEG, interlaced PNG, AVIF. */
  maxMegapixelsUnstreamed: number;
};

export type PictureFacts = {
  format: AcceptedFormat;
  /** Pixels, as the picture is looked at: after EXIF rotation. */
  width: number;
  height: number;
  hasAlpha: boolean;
};

/** Reads the header. Throws as `requireAcceptedFormat` does, `corrupt_image`, or `too_many_pixels`. */
export async function inspectPicture(bytes: Buffer, limits: PictureLimits): Promise<PictureFacts> {
  const format = requireAcceptedFormat(bytes);
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((err) => {
      throw decodeProblem(err);
    });
  const { width, height } = header.autoOrient;
  const unstreamed = header.isProgressive || format === 'avif';
  const limit = unstreamed ? limits.maxMegapixelsUnstreamed : limits.maxMegapixels;
  if (width * height > limit * 1e6) {
    throw new Problem('too_many_pixels', {
      detail: `The picture has ${width} × ${height} pixels; the limit is ${limit} megapixels.`,
    });
  }
  return { format, width, height, hasAlpha: header.hasAlpha };
}

/** Step 1: what the file says of itself, held against the limits before a pixel is decoded. */
import { Problem } from '@tintype/contracts';
import { type PictureHeader, readHeader } from '@tintype/imaging';

export type HeaderLimits = {
  /** For formats that are decoded line by line. */
  maxMegapixels: number;
  /**
   * For those that libvips must hold whole: progressive JPEG, interlaced PNG, AVIF, GIF, WebP with alpha or lossless.
   */
  maxMegapixelsUnstreamed: number;
};

/** Throws as `readHeader` does, or `too_many_pixels`. */
export async function inspect(bytes: Buffer, limits: HeaderLimits): Promise<PictureHeader> {
  const header = await readHeader(bytes);
  const { width, height } = header.facts;
  const limit = header.isHeldWhole ? limits.maxMegapixelsUnstreamed : limits.maxMegapixels;
  if (width * height > limit * 1e6) {
    throw new Problem('too_many_pixels', {
      detail: `The picture has ${width} × ${height} pixels; the limit is ${limit} megapixels.`,
    });
  }
  return header;
}

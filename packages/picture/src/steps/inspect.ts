/** Step 1: what the file says of itself, held against the limits before a pixel is decoded. */
import { Problem, type ReadOptions, type SwitchedFormat } from '@tintype/contracts';
import { type PictureHeader, readHeader } from '@tintype/imaging';

export type HeaderLimits = {
  maxMegapixels: number;
  /** Formats that are accepted besides the usual ones. */
  formats?: readonly SwitchedFormat[];
};

/** Throws as `readHeader` does, or `too_many_pixels`. */
export async function inspect(bytes: Buffer, limits: HeaderLimits, reading: ReadOptions = {}): Promise<PictureHeader> {
  const header = await readHeader(bytes, limits.formats, reading);
  if (hasMoreThan(header, limits.maxMegapixels)) throw tooManyPixels(header, limits.maxMegapixels);
  return header;
}

export function hasMoreThan({ facts }: Pick<PictureHeader, 'facts'>, megapixels: number): boolean {
  return facts.width * facts.height > megapixels * 1e6;
}

export function tooManyPixels({ facts }: Pick<PictureHeader, 'facts'>, limit: number): Problem {
  return new Problem('too_many_pixels', {
    detail: `The picture has ${facts.width} × ${facts.height} pixels; the limit is ${limit} megapixels.`,
  });
}

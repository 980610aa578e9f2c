/** The one decode of a picture, at the smallest size from which everything else can be made. */
import type { Rendition } from '@tintype/contracts';
import type { Pixels } from '@tintype/raster';
import { decodeProblem } from './decode-problem.ts';
import { sharp } from './libvips.ts';

/** Longer side of the picture that colours are read from, where it is made for them: measured, more gains little. */
export const sampleSidePixels = 144;
/** A picture that is decoded for its thumbnail serves colours too from this longer side on. */
const leastSampleSidePixels = 128;

type Size = { width: number; height: number };
type Box = Pick<Rendition, 'width' | 'height' | 'fit'>;

/**
 * The size to decode to: that of the thumbnail before it is cropped, unless the thumbnail is so small that colours
 * would suffer. Never larger than the picture. `cover` and `outside` fill the box, the others fit in.
 */
export function decodeSize(facts: Size, options: Box): Size {
  const forThumbnail = thumbnailScale(facts, options);
  const longerSide = Math.max(facts.width, facts.height);
  const serves = forThumbnail * longerSide >= leastSampleSidePixels;
  return scaled(facts, serves ? forThumbnail : sampleSidePixels / longerSide);
}

/** The size of the thumbnail before it is cropped or gets its bars, never larger than the picture. */
export function uncroppedSize(facts: Size, options: Box): Size {
  const { width, height, fit } = options;
  if (fit === 'fill' && width <= facts.width && height <= facts.height) return { width, height };
  return scaled(facts, thumbnailScale(facts, options));
}

function thumbnailScale(facts: Size, { width, height, fit }: Box): number {
  const across = width / facts.width;
  const down = height / facts.height;
  const fills = fit === 'cover' || fit === 'outside' || fit === 'fill';
  return fills ? Math.max(across, down) : Math.min(across, down);
}

function scaled(facts: Size, wanted: number): Size {
  const scale = Math.min(1, wanted);
  const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return { width: side(facts.width), height: side(facts.height) };
}

/**
 * Decodes to 8-bit sRGB, upright, first frame, alpha kept, without metadata. JPEG and WebP are shrunk while they are
 * loaded. `timeoutMs` is soft: libvips looks at it between regions, in whole seconds. Throws `corrupt_image`,
 * `decode_timeout`, or `too_many_pixels` when there is no memory for it.
 */
export async function decodePicture(bytes: Buffer, size: Size, timeoutMs: number): Promise<Pixels> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', autoOrient: true, limitInputPixels: false, pages: 1 })
      .resize({ ...size, fit: 'fill' })
      .toColourspace('srgb')
      .timeout({ seconds: Math.ceil(timeoutMs / 1000) })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels > 4) return withoutExtraBands(data, info);
    return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
  } catch (err) {
    throw decodeProblem(err);
  }
}

/** A TIFF may have bands besides its colours that nobody has said the meaning of (TIFF 6.0, ExtraSamples 0): they are left out. */
function withoutExtraBands(data: Uint8Array, { width, height, channels }: Size & { channels: number }): Pixels {
  const colours = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    colours.set(data.subarray(pixel * channels, pixel * channels + 3), pixel * 3);
  }
  return { data: colours, width, height, channels: 3 };
}

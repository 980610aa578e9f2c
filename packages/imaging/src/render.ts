/** Makes a thumbnail of decoded pixels: crop or resize, background, encoding. */
import type { OutputFormat, Rendition } from '@tintype/contracts';
import { cropCentre, hasTransparency, type Pixels, type Size } from '@tintype/raster';
import { decodeProblem } from './decode-problem.ts';
import { openPipeline } from './libvips.ts';

export type EncodedPicture = { bytes: Buffer; width: number; height: number; format: OutputFormat };

/** Where a format is not told how good to be. */
export const defaultQuality = { jpeg: 80, webp: 80, avif: 50 } as const;

/** Longest side that is made: `outside` keeps the picture's shape, which may be a line. */
export const maxOutputSidePixels = 8192;
/** Soft, as for decoding. */
const encodeTimeoutSeconds = 10;

const transparent = { r: 0, g: 0, b: 0, alpha: 0 };

/**
 * The finished thumbnail. `cover`, `contain` and `fill` are exactly width × height; `inside` and `outside` keep the
 * picture's shape. `auto` is JPEG, or WebP when something stays transparent. No metadata is written.
 */
export async function renderThumbnail(pixels: Pixels, options: Rendition): Promise<EncodedPicture> {
  const isTransparent = staysTransparent(pixels, options);
  const format = options.format === 'auto' ? (isTransparent ? 'webp' : 'jpeg') : options.format;
  const fitting = options.fit === 'cover' ? cropWhereExact(pixels, options) : pixels;
  let pipeline = openPipeline(fitting.data, { raw: fitting });
  if (fitting.width !== options.width || fitting.height !== options.height) {
    pipeline = pipeline.resize({
      width: options.width,
      height: options.height,
      fit: options.fit,
      background: barsBehind(options, format, isTransparent),
    });
  }
  const background = options.background;
  if (format === 'jpeg') pipeline = pipeline.flatten({ background: opaque(background) });
  else if (background !== undefined && background !== 'transparent') pipeline = pipeline.flatten({ background });
  try {
    const encoded = encode(pipeline.timeout({ seconds: encodeTimeoutSeconds }), format, options.quality);
    const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height, format };
  } catch (err) {
    throw decodeProblem(err);
  }
}

/** The size that the thumbnail will have. Only `outside` may be larger than its box. */
export function outputSize(picture: Size, { width, height, fit }: Pick<Rendition, 'width' | 'height' | 'fit'>): Size {
  if (fit !== 'inside' && fit !== 'outside') return { width, height };
  const scales = [width / picture.width, height / picture.height];
  const scale = fit === 'inside' ? Math.min(...scales) : Math.max(...scales);
  return { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
}

/** Whether the finished thumbnail has transparency: an opaque background hides all of it. */
function staysTransparent(pixels: Pixels, { fit, background }: Rendition): boolean {
  if (background !== undefined && background !== 'transparent') return false;
  return hasTransparency(pixels) || (fit === 'contain' && background === 'transparent');
}

/**
 * The decoded picture already has one side of the box: what is left of `cover` is a cut, without another pipeline. Of a
 * line only the part around the middle is enlarged: all of it could be millions of pixels long.
 */
function cropWhereExact(pixels: Pixels, { width, height }: Rendition): Pixels {
  const exact =
    (pixels.width === width && pixels.height >= height) || (pixels.height === height && pixels.width >= width);
  if (exact) return cropCentre(pixels, width, height);
  const seenWidth = Math.ceil((pixels.height * width) / height);
  const seenHeight = Math.ceil((pixels.width * height) / width);
  return cropCentre(pixels, roughly(seenWidth, pixels.width), roughly(seenHeight, pixels.height));
}

/** All of a side, or where that is much more than is seen, twice what is seen with equal margins. */
function roughly(seen: number, side: number): number {
  const enough = 2 * seen + ((side - 2 * seen) % 2);
  return enough * 4 < side ? enough : side;
}

function barsBehind({ background }: Rendition, format: OutputFormat, isTransparent: boolean) {
  if (background !== undefined && background !== 'transparent') return background;
  return isTransparent && format !== 'jpeg' ? transparent : '#ffffff';
}

function opaque(background: string | undefined): string {
  return background === undefined || background === 'transparent' ? '#ffffff' : background;
}

function encode(pipeline: ReturnType<typeof openPipeline>, format: OutputFormat, quality: number | undefined) {
  switch (format) {
    case 'jpeg':
      return pipeline.jpeg({ quality: quality ?? defaultQuality.jpeg });
    case 'webp':
      return pipeline.webp({ quality: quality ?? defaultQuality.webp });
    case 'avif':
      return pipeline.avif({ quality: quality ?? defaultQuality.avif, effort: 2 });
    case 'png':
      return pipeline.png();
  }
}

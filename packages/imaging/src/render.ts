/** Makes a thumbnail of decoded pixels: crop or resize, background, encoding. */
import type { OutputFormat, RenditionOptions } from '@tintype/contracts';
import { sharp } from './libvips.ts';
import { cropCentre, hasTransparency, type Pixels } from './pixels.ts';

export type EncodedPicture = { bytes: Buffer; width: number; height: number; format: OutputFormat };

/** Where a format is not told how good to be. */
const defaultQuality = { jpeg: 80, webp: 80, avif: 50 } as const;

const transparent = { r: 0, g: 0, b: 0, alpha: 0 };

/**
 * The finished thumbnail. `cover`, `contain` and `fill` are exactly width × height; `inside` and `outside` keep the
 * picture's shape. `auto` is JPEG, or WebP when something would shine through. No metadata is written.
 */
export async function renderThumbnail(pixels: Pixels, options: RenditionOptions): Promise<EncodedPicture> {
  const sees = hasTransparency(pixels) || (options.fit === 'contain' && options.background === 'transparent');
  const format = options.format === 'auto' ? (sees ? 'webp' : 'jpeg') : options.format;
  const fitting = options.fit === 'cover' ? cropWhereExact(pixels, options) : pixels;
  let pipeline = sharp(fitting.data, { raw: fitting });
  if (fitting.width !== options.width || fitting.height !== options.height) {
    pipeline = pipeline.resize({
      width: options.width,
      height: options.height,
      fit: options.fit,
      background: barsBehind(options, format, sees),
    });
  }
  const background = options.background;
  if (format === 'jpeg') pipeline = pipeline.flatten({ background: opaque(background) });
  else if (background !== undefined && background !== 'transparent') pipeline = pipeline.flatten({ background });
  const { data, info } = await encode(pipeline, format, options.quality).toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height, format };
}

/** The decoded picture already has one side of the box: what is left of `cover` is a cut, without another pipeline. */
function cropWhereExact(pixels: Pixels, { width, height }: RenditionOptions): Pixels {
  const exact =
    (pixels.width === width && pixels.height >= height) || (pixels.height === height && pixels.width >= width);
  return exact ? cropCentre(pixels, width, height) : pixels;
}

function barsBehind({ background }: RenditionOptions, format: OutputFormat, sees: boolean) {
  if (background !== undefined && background !== 'transparent') return background;
  return sees && format !== 'jpeg' ? transparent : '#ffffff';
}

function opaque(background: string | undefined): string {
  return background === undefined || background === 'transparent' ? '#ffffff' : background;
}

function encode(pipeline: ReturnType<typeof sharp>, format: OutputFormat, quality: number | undefined) {
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

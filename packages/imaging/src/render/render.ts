/** Makes a thumbnail of decoded pixels: crop, trim, rotate, fit, blur, sharpen, grayscale, room and padding, watermark, encoding. */
import { type OutputFormat, Problem, type Rendition, sidesOf } from '@tintype/contracts';
import { hasTransparency, type Pixels, type Size } from '@tintype/raster';
import { decodeProblem } from '../decode-problem.ts';
import { openPipeline } from '../libvips.ts';
import { rawOf } from '../resize-pixels.ts';
import { effects, type Fill, onFill } from './effects.ts';
import { encodePixels } from './encode.ts';
import { type Fitted, fitted, type Sides } from './fit.ts';
import { maxOutputSidePixels, shownPart, turnedSize } from './shape.ts';
import { shownPixels } from './shown-pixels.ts';
import { type Watermarks, watermarked } from './watermark.ts';

export type EncodedPicture = { bytes: Buffer; width: number; height: number; format: OutputFormat };

const transparent: Fill = [0, 0, 0, 0];
const white: Fill = [255, 255, 255, 255];
const noWatermarks: Watermarks = new Map();

/**
 * The finished thumbnail of a picture of this size, of which `pixels` are a copy. `cover`, `contain` and `fill` are exactly
 * width × height where they may enlarge; `inside` and `outside` keep the picture's shape. `auto` is JPEG, or WebP when
 * something stays transparent. No metadata is written. Throws `invalid_option` for a `crop` outside of the picture and
 * `max_bytes` that nothing fits, `too_many_pixels` for what would come out too long.
 */
export async function renderThumbnail(
  pixels: Pixels,
  picture: Size,
  options: Rendition,
  watermarks: Watermarks = noWatermarks,
): Promise<EncodedPicture> {
  const part = await shownPixels(pixels, picture, options);
  const shown = trueSize(part, pixels, picture, options);
  const isTransparent = staysTransparent(part, options);
  const format = options.format === 'auto' ? (isTransparent ? 'webp' : 'jpeg') : options.format;
  const behind = colourBehind(options, format, isTransparent);
  try {
    const made = await fitted(part, shown, options);
    requireShort(made.size);
    const pipeline = await finished(made, options, behind, watermarks);
    const isFlat = format === 'jpeg' || isColour(options.background);
    const flat = isFlat ? pipeline.flatten({ background: rgbOf(behind) }) : pipeline;
    return { ...(await encodePixels(flat, format, options, made.size)), format };
  } catch (err) {
    throw err instanceof Problem ? err : decodeProblem(err);
  }
}

/** Only a border that was cut off is not known before: what is left of a copy tells what is left of the picture. */
function trueSize(part: Pixels, pixels: Pixels, picture: Size, options: Rendition): Size {
  if (options.trim === undefined) return turnedSize(shownPart(picture, options), options);
  const [across, down] = [picture.width / pixels.width, picture.height / pixels.height];
  const isTurned = options.rotate === 90 || options.rotate === 270;
  const side = (length: number, scale: number) => Math.max(1, Math.round(length * scale));
  return {
    width: side(part.width, isTurned ? down : across),
    height: side(part.height, isTurned ? across : down),
  };
}

function requireShort({ width, height }: Size): void {
  const longest = Math.max(width, height);
  if (longest <= maxOutputSidePixels) return;
  throw new Problem('too_many_pixels', {
    detail: `The thumbnail would be ${longest} pixels long; the longest side is ${maxOutputSidePixels}.`,
  });
}

/** Effects are for the picture; the room that `contain` leaves and the padding have the colour that was asked for. */
async function finished({ pipeline, size, room }: Fitted, options: Rendition, behind: Fill, watermarks: Watermarks) {
  const { padding, watermark } = options;
  const wanted = effects.filter(({ isWanted }) => isWanted(options));
  if (wanted.length === 0 && padding === undefined && !watermark) return inRoom(pipeline, room, behind);
  let pixels = await rawOf(pipeline);
  for (const { apply } of wanted) pixels = await apply(pixels, options);
  const { top, right, bottom, left } = sidesOf(padding);
  const whole = { width: left + size.width + right, height: top + size.height + bottom };
  const isAlone = pixels.width === whole.width && pixels.height === whole.height;
  const place = { left: left + room.left, top: top + room.top };
  const made = isAlone ? pixels : await onFill(pixels, whole, place, behind);
  const marked = watermark ? await watermarked(made, watermark, watermarks) : made;
  return openPipeline(marked.data, { raw: marked });
}

function inRoom(pipeline: Fitted['pipeline'], room: Sides, [r, g, b, opacity]: Fill) {
  if (Object.values(room).every((pixels) => pixels === 0)) return pipeline;
  return pipeline.extend({ ...room, background: { r, g, b, alpha: opacity / 255 } });
}

/** Whether the finished thumbnail has transparency: an opaque background hides all of it. */
function staysTransparent(pixels: Pixels, { fit, background, padding }: Rendition): boolean {
  if (isColour(background)) return false;
  const hasRoom = fit === 'contain' || padding !== undefined;
  return hasTransparency(pixels) || (hasRoom && background === 'transparent');
}

function colourBehind({ background }: Rendition, format: OutputFormat, isTransparent: boolean): Fill {
  if (isColour(background)) return fillOf(background);
  return isTransparent && format !== 'jpeg' ? transparent : white;
}

function isColour(background: string | undefined): background is string {
  return background?.startsWith('#') === true;
}

function fillOf(hex: string): Fill {
  const at = (from: number) => Number.parseInt(hex.slice(from, from + 2), 16);
  return [at(1), at(3), at(5), 255];
}

function rgbOf([r, g, b]: Fill) {
  return { r, g, b };
}

/** The last step of a thumbnail's pixels: the operator's picture upon them. Its file is no stranger's, and is decoded once. */
import { maxWatermarkPixels, Problem, pointOf, usualWatermark, type Watermark } from '@tintype/contracts';
import type { Box, Pixels, Size } from '@tintype/raster';
import { decodePicture, resizePixels } from '../decode.ts';
import { readHeader } from '../header.ts';

/** Decoded, by the sha256 of their files. */
export type Watermarks = ReadonlyMap<string, Pixels>;

/** Soft, as for pictures. */
const decodeTimeoutMs = 10_000;

/** The picture of a watermark's file, in sRGB. What cannot be read is no fault of whoever asks for a thumbnail. */
export async function decodeWatermark(file: Buffer): Promise<Pixels> {
  try {
    const { width, height } = (await readHeader(file)).facts;
    if (width * height > maxWatermarkPixels) throw new Error(`it has ${width} × ${height} pixels`);
    return await decodePicture(file, { width, height }, decodeTimeoutMs);
  } catch (cause) {
    throw new Problem('internal_error', { detail: 'The watermark cannot be read.', retryable: false, cause });
  }
}

/** The pixels with the watermark upon them, in place: they must be the caller's own. */
export async function watermarked(pixels: Pixels, watermark: Watermark, watermarks: Watermarks): Promise<Pixels> {
  const whole = watermarks.get(watermark.sha256);
  if (!whole) throw new Error('the watermark of a thumbnail was not read');
  const box = boxOf(whole, pixels, watermark);
  const isWhole = box.width === whole.width && box.height === whole.height;
  const mark = isWhole ? whole : await resizePixels(whole, { width: box.width, height: box.height });
  blend(pixels, mark, box, watermark.opacity ?? usualWatermark.opacity);
  return pixels;
}

/** Where there is less room than margins want, the watermark stands in the middle of what there is. */
function boxOf(mark: Size, { width, height }: Size, watermark: Watermark): Box {
  const {
    scale = usualWatermark.scale,
    margin = usualWatermark.margin,
    position = usualWatermark.position,
  } = watermark;
  const across = roomIn(width, margin);
  const down = roomIn(height, margin);
  const most = { width: Math.min(across.length, scale * width), height: Math.min(down.length, scale * height) };
  const factor = Math.min(most.width / mark.width, most.height / mark.height);
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  const size = { width: side(mark.width), height: side(mark.height) };
  const { x, y } = pointOf(position);
  return {
    left: across.start + Math.floor(x * (across.length - size.width)),
    top: down.start + Math.floor(y * (down.length - size.height)),
    ...size,
  };
}

function roomIn(side: number, margin: number): { start: number; length: number } {
  const start = Math.min(margin, Math.floor((side - 1) / 2));
  return { start, length: side - 2 * start };
}

/** Source over destination, of the values as they are shown. */
function blend({ data, width, channels }: Pixels, mark: Pixels, { left, top }: Box, opacity: number): void {
  for (let y = 0; y < mark.height; y += 1) {
    let at = ((top + y) * width + left) * channels;
    let from = y * mark.width * mark.channels;
    for (let x = 0; x < mark.width; x += 1, at += channels, from += mark.channels) {
      const above = ((mark.channels === 4 ? (mark.data[from + 3] ?? 0) : 255) / 255) * opacity;
      if (above === 0) continue;
      const below = (channels === 4 ? (data[at + 3] ?? 0) / 255 : 1) * (1 - above);
      const both = above + below;
      for (let channel = 0; channel < 3; channel += 1) {
        const sum = (mark.data[from + channel] ?? 0) * above + (data[at + channel] ?? 0) * below;
        data[at + channel] = Math.round(sum / both);
      }
      if (channels === 4) data[at + 3] = Math.round(both * 255);
    }
  }
}

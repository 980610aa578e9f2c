/** The last step of a thumbnail's pixels: the operator's picture upon them. Its file is no stranger's, and is decoded once. */
import { maxWatermarkPixels, Problem, pointOf, usualWatermark, type Watermark } from '@tintype/contracts';
import type { Box, Pixels, Size } from '@tintype/raster';
import { decodePicture, resizePixels } from '../decode.ts';
import { readHeader } from '../header.ts';
import { inTurns, rowsPerTurn } from '../in-turns.ts';

/** Decoded, by the sha256 of their files. */
export type Watermarks = ReadonlyMap<string, Pixels>;

/** Soft, as for pictures. */
const decodeTimeoutMs = 10_000;

/** The picture of a watermark's file, in sRGB. Throws `unreadable_watermark`, which is no fault of who asks. */
export async function decodeWatermark(file: Buffer): Promise<Pixels> {
  try {
    const { width, height } = (await readHeader(file)).facts;
    if (width * height > maxWatermarkPixels) throw new Error(`it has ${width} × ${height} pixels`);
    return await decodePicture(file, { width, height }, decodeTimeoutMs);
  } catch (cause) {
    throw new Problem('unreadable_watermark', { cause });
  }
}

/** The pixels with the watermark upon them, in place: they must be the caller's own. */
export async function watermarked(pixels: Pixels, watermark: Watermark, watermarks: Watermarks): Promise<Pixels> {
  const whole = watermarks.get(watermark.sha256);
  if (!whole) throw new Error('the watermark of a thumbnail was not read');
  const box = boxOf(whole, pixels, watermark);
  const isWhole = box.width === whole.width && box.height === whole.height;
  // What is enlarged has nothing fine to lose, and a straight line costs a third of a curve.
  const kernel = box.width > whole.width ? 'linear' : 'lanczos3';
  const mark = isWhole ? whole : await resizePixels(whole, { width: box.width, height: box.height }, kernel);
  const opacity = watermark.opacity ?? usualWatermark.opacity;
  await inTurns(mark.height, rowsPerTurn(mark.width), (from, end) => blend(pixels, mark, box, opacity, from, end));
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

/** Source over destination, of the values as they are shown. A thumbnail may have millions of pixels, so it is said plainly. */
function blend(
  { data, width, channels }: Pixels,
  mark: Pixels,
  { left, top }: Box,
  opacity: number,
  firstRow: number,
  endRow: number,
): void {
  const { data: upper, channels: step } = mark;
  for (let y = firstRow; y < endRow; y += 1) {
    let at = ((top + y) * width + left) * channels;
    const end = at + mark.width * channels;
    for (let from = y * mark.width * step; at < end; at += channels, from += step) {
      const above = step === 4 ? ((upper[from + 3] ?? 0) / 255) * opacity : opacity;
      if (above === 0) continue;
      let part = above;
      if (channels === 4) {
        const both = above + ((data[at + 3] ?? 0) / 255) * (1 - above);
        data[at + 3] = both * 255 + 0.5;
        part = above / both;
      }
      data[at] = mixed(data[at] ?? 0, upper[from] ?? 0, part);
      data[at + 1] = mixed(data[at + 1] ?? 0, upper[from + 1] ?? 0, part);
      data[at + 2] = mixed(data[at + 2] ?? 0, upper[from + 2] ?? 0, part);
    }
  }
}

/** To be cut to a whole number by whoever keeps it. */
function mixed(below: number, above: number, part: number): number {
  return below + (above - below) * part + 0.5;
}

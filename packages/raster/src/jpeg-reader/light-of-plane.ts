/** The light that the pixels of a reduced picture stand for, in sums that are linear. */
import type { Pixels } from '../pixels.ts';
import { lightOf } from '../sample/light.ts';
import { lightStride } from '../sample/sample.ts';
import type { DetailGrid } from './detail-grid.ts';
import type { ComponentPlane } from './planes.ts';

/** By channel, half the second derivative of its light: by so much a variance of 1 makes it lighter (Taylor). */
const bend = Float64Array.from({ length: 256 }, (_, channel) => {
  const value = channel / 255;
  return value <= 0.04045 ? 0 : (1.4 * 1.2 * ((value + 0.055) / 1.055) ** 0.4) / (1.055 * 255) ** 2;
});

/**
 * Means of light for each pixel: its own, and what the variance of brightness adds among the samples of its part of the
 * plane (`brightness`) and inside of their blocks (`detail`).
 */
export function lightOfPicture(
  { data, width, height, channels }: Pixels,
  brightness: ComponentPlane,
  detail: DetailGrid,
): Float32Array {
  const light = new Float32Array(width * height * lightStride);
  const columns = partsOf(width, brightness.width);
  const rows = partsOf(height, brightness.height);
  const { variances, columns: cells, rowStarts } = detail.variancesOf({ width, height });
  for (let y = 0, from = 0, to = 0; y < height; y += 1) {
    const top = rows.starts[y] ?? 0;
    const bottom = rows.ends[y] ?? 0;
    const cellRow = rowStarts[y] ?? 0;
    for (let x = 0; x < width; x += 1, from += channels, to += lightStride) {
      const inBlocks = variances[cellRow + (cells[x] ?? 0)] ?? 0;
      const variance = inBlocks + varianceIn(brightness, columns.starts[x] ?? 0, columns.ends[x] ?? 0, top, bottom);
      light[to] = lightened(data[from] ?? 0, variance);
      light[to + 1] = lightened(data[from + 1] ?? 0, variance);
      light[to + 2] = lightened(data[from + 2] ?? 0, variance);
      light[to + 3] = 1;
    }
  }
  return light;
}

function lightened(value: number, variance: number): number {
  return Math.min(1, (lightOf[value] ?? 0) + (bend[value] ?? 0) * variance);
}

/** The samples that each pixel of so many stands for, one at least: from the first to before the end. */
function partsOf(count: number, samples: number): { starts: Int32Array; ends: Int32Array } {
  const starts = Int32Array.from({ length: count }, (_, at) => Math.floor((at * samples) / count));
  const ends = starts.map((start, at) => Math.max(start + 1, Math.floor(((at + 1) * samples) / count)));
  return { starts, ends };
}

function varianceIn(
  { data, stride }: ComponentPlane,
  left: number,
  right: number,
  top: number,
  bottom: number,
): number {
  let sum = 0;
  let squares = 0;
  for (let row = top; row < bottom; row += 1) {
    for (let at = row * stride + left; at < row * stride + right; at += 1) {
      const sample = data[at] ?? 0;
      sum += sample;
      squares += sample * sample;
    }
  }
  const count = (right - left) * (bottom - top);
  const mean = sum / count;
  return squares / count - mean * mean;
}

/** Adds up the pixels of a cell, and says what colour and light one pixel has that stands for all of them. */
import type { Pixels } from '../pixels.ts';
import { type Cells, maxReadSide } from './cells.ts';
import { lightOf } from './light.ts';

/** In steps of sRGB, squared: what is so near to the chosen pixel is the same colour, with noise. */
const squaredNoise = 28 ** 2;
/** Where so much of a cell is exactly the chosen colour, there is no noise. */
const flatShare = 0.25;
/** The same, or where it is not seen at all the most opaque one of those that are read: the index of its red. */
export function visiblePixel(
  { data, width, channels }: Pixels,
  columns: Cells,
  x: number,
  rows: Cells,
  y: number,
  chosen: number,
): number {
  let best = chosen;
  if (channels === 3 || (data[best + 3] ?? 0) > 0) return best;
  for (let v = 0; v < (rows.placesCount[y] ?? 0); v += 1) {
    const rowAt = (rows.places[y * maxReadSide + v] ?? 0) * width;
    for (let u = 0; u < (columns.placesCount[x] ?? 0); u += 1) {
      const at = (rowAt + (columns.places[x * maxReadSide + u] ?? 0)) * channels;
      if ((data[at + 3] ?? 0) > (data[best + 3] ?? 0)) best = at;
    }
  }
  return best;
}

/** What is added up in a cell: of all pixels that are read, and of those that are like the chosen one. */
export const sum = {
  pixels: 0,
  red: 1,
  green: 2,
  blue: 3,
  cover: 4,
  alike: 5,
  same: 6,
  alikeRed: 7,
  alikeGreen: 8,
  alikeBlue: 9,
};
export const sumsOfCell = Object.keys(sum).length;

/** What alpha 0 hides counts as read, and for nothing else. */
export function readCell(
  { data, width, channels }: Pixels,
  columns: Cells,
  x: number,
  rows: Cells,
  y: number,
  chosen: number,
  sums: Float64Array,
): void {
  const red = data[chosen] ?? 0;
  const green = data[chosen + 1] ?? 0;
  const blue = data[chosen + 2] ?? 0;
  const columnsFrom = x * maxReadSide;
  const columnsEnd = columnsFrom + (columns.placesCount[x] ?? 0);
  const rowsEnd = y * maxReadSide + (rows.placesCount[y] ?? 0);
  let lightRed = 0;
  let lightGreen = 0;
  let lightBlue = 0;
  let allCover = 0;
  let alike = 0;
  let same = 0;
  let alikeRed = 0;
  let alikeGreen = 0;
  let alikeBlue = 0;
  for (let v = y * maxReadSide; v < rowsEnd; v += 1) {
    const rowAt = (rows.places[v] ?? 0) * width;
    for (let u = columnsFrom; u < columnsEnd; u += 1) {
      const at = (rowAt + (columns.places[u] ?? 0)) * channels;
      const alpha = channels === 4 ? (data[at + 3] ?? 0) : 255;
      if (alpha === 0) continue;
      const r = data[at] ?? 0;
      const g = data[at + 1] ?? 0;
      const b = data[at + 2] ?? 0;
      const cover = alpha === 255 ? 1 : alpha / 255;
      lightRed += (lightOf[r] ?? 0) * cover;
      lightGreen += (lightOf[g] ?? 0) * cover;
      lightBlue += (lightOf[b] ?? 0) * cover;
      allCover += cover;
      const dr = r - red;
      const dg = g - green;
      const db = b - blue;
      if (dr * dr + dg * dg + db * db > squaredNoise) continue;
      alike += 1;
      alikeRed += r;
      alikeGreen += g;
      alikeBlue += b;
      if (dr === 0 && dg === 0 && db === 0) same += 1;
    }
  }
  sums[sum.pixels] = (columns.placesCount[x] ?? 0) * (rows.placesCount[y] ?? 0);
  sums[sum.red] = lightRed;
  sums[sum.green] = lightGreen;
  sums[sum.blue] = lightBlue;
  sums[sum.cover] = allCover;
  sums[sum.alike] = alike;
  sums[sum.same] = same;
  sums[sum.alikeRed] = alikeRed;
  sums[sum.alikeGreen] = alikeGreen;
  sums[sum.alikeBlue] = alikeBlue;
}

/** The chosen pixel's colour as it is where it is flat, else the mean of what is like it; the mean alpha of the cell. */
export function writeColour(
  from: Uint8Array,
  chosen: number,
  sums: Float64Array,
  into: Uint8Array,
  at: number,
  channels: number,
) {
  const alike = sums[sum.alike] ?? 0;
  const isFlat = alike === 0 || (sums[sum.same] ?? 0) >= flatShare * (sums[sum.pixels] ?? 0);
  into[at] = isFlat ? (from[chosen] ?? 0) : Math.round((sums[sum.alikeRed] ?? 0) / alike);
  into[at + 1] = isFlat ? (from[chosen + 1] ?? 0) : Math.round((sums[sum.alikeGreen] ?? 0) / alike);
  into[at + 2] = isFlat ? (from[chosen + 2] ?? 0) : Math.round((sums[sum.alikeBlue] ?? 0) / alike);
  if (channels === 3) return;
  const cover = (sums[sum.cover] ?? 0) / (sums[sum.pixels] ?? 1);
  // Little is more than nothing.
  into[at + 3] = cover === 0 ? 0 : Math.max(1, Math.round(255 * cover));
}

/** Means of what was read, times the cell's area. */
export function writeLight(sums: Float64Array, area: number, light: Float32Array, at: number): void {
  const scale = area / (sums[sum.pixels] ?? 1);
  light[at] = (sums[sum.red] ?? 0) * scale;
  light[at + 1] = (sums[sum.green] ?? 0) * scale;
  light[at + 2] = (sums[sum.blue] ?? 0) * scale;
  light[at + 3] = (sums[sum.cover] ?? 0) * scale;
}

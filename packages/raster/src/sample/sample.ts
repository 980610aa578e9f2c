/** Makes the small picture that colours are read from: real colours instead of blends, and the light of all pixels. */
import type { Pixels, Size } from '../pixels.ts';
import { readCell, sum, sumsOfCell, visiblePixel, writeColour, writeLight } from './cell-sums.ts';
import { cellsAlong, spread } from './cells.ts';
import { channelOf } from './light.ts';

/**
 * `light` says what each pixel stands for in the whole picture: sums of linear light, red, green and blue times cover,
 * and cover itself; all 1 is white, opaque, and as large as the others are on average. Without it every pixel stands for
 * itself.
 */
export type Sample = Pixels & { light?: Float32Array };

/** Numbers of `light` for each pixel. */
export const lightStride = 4;

/** With fewer flat cells than these a picture is no flat art. */
const leastFlatCells = 0.4;

/**
 * The picture at a size that is not larger. Of flat art each pixel has the colour of one of those that it stands for,
 * without the noise; the mean of all might be a colour that the picture does not have. Which one, is spread so evenly
 * that colours keep their shares. Of everything else it has the mean of their light: single pixels of a photograph are
 * others in every encoding. Deterministic.
 */
export function samplePixels(raster: Pixels, { width, height }: Size): Sample {
  if (raster.width === width && raster.height === height) return raster;
  const { channels } = raster;
  const data = new Uint8Array(width * height * channels);
  const light = new Float32Array(width * height * lightStride);
  const columns = cellsAlong(raster.width, width);
  const rows = cellsAlong(raster.height, height);
  const sums = new Float64Array(sumsOfCell);
  let flatCells = 0;
  let seenCells = 0;
  for (let y = 0, cell = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, cell += 1) {
      const column = (columns.from[x] ?? 0) + Math.floor(spread(x, y) * (columns.length[x] ?? 1));
      const row = (rows.from[y] ?? 0) + Math.floor(spread(y, x) * (rows.length[y] ?? 1));
      const chosen = visiblePixel(raster, columns, x, rows, y, (row * raster.width + column) * channels);
      readCell(raster, columns, x, rows, y, chosen, sums);
      writeColour(raster.data, chosen, sums, data, cell * channels, channels);
      if ((sums[sum.cover] ?? 0) > 0) seenCells += 1;
      if (isFlatCell(sums)) flatCells += 1;
      const area = ((columns.length[x] ?? 1) * (rows.length[y] ?? 1)) / (columns.meanLength * rows.meanLength);
      writeLight(sums, area, light, cell * lightStride);
    }
  }
  if (flatCells < leastFlatCells * seenCells) writeMeans(light, data, channels);
  return { data, width, height, channels, light };
}

/** Whether all that is like the chosen pixel is exactly like it; one alone says nothing, where others were read. */
function isFlatCell(sums: Float64Array): boolean {
  const same = sums[sum.same] ?? 0;
  return same > 0 && same === sums[sum.alike] && (same > 1 || sums[sum.pixels] === 1);
}

/** The colours of `light` become those of the sample. */
function writeMeans(light: Float32Array, data: Uint8Array, channels: number): void {
  for (let from = 0, to = 0; to < data.length; from += lightStride, to += channels) {
    const cover = light[from + 3] ?? 0;
    if (cover === 0) continue;
    data[to] = channelOf((light[from] ?? 0) / cover);
    data[to + 1] = channelOf((light[from + 1] ?? 0) / cover);
    data[to + 2] = channelOf((light[from + 2] ?? 0) / cover);
  }
}

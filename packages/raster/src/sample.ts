/** Makes the small picture that colours are read from: real colours instead of blends, and the light of all pixels. */
import type { Pixels, Size } from './pixels.ts';

/**
 * `light` says what each pixel stands for in the whole picture: sums of linear light, red, green and blue times cover,
 * and cover itself; all 1 is white, opaque, and as large as the others are on average. Without it every pixel stands for
 * itself.
 */
export type Sample = Pixels & { light?: Float32Array };

/** Numbers of `light` for each pixel. */
export const lightStride = 4;

/**
 * A cell is what one pixel stands for. Of a large one so many pairs of rows and of columns are read: a pattern of two
 * pixels keeps its exact mean, and no picture costs more than 16 pixels for each of its sample.
 */
const pairs = 2;
const maxReadSide = 2 * pairs;
/** In steps of sRGB, squared: what is so near to the chosen pixel is the same colour, with noise. */
const squaredNoise = 28 ** 2;
/** Where so much of a cell is exactly the chosen colour there is no noise, and it stays to the byte. */
const flatShare = 0.25;

/** IEC 61966-2-1. */
const lightOf = Float64Array.from({ length: 256 }, (_, channel) => {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/**
 * The picture at a size that is not larger. Each pixel has the colour of one of those that it stands for, without the
 * noise; the mean of all might be a colour that the picture does not have. Which one, is spread so evenly that colours
 * keep their shares. Deterministic.
 */
export function samplePixels(raster: Pixels, { width, height }: Size): Sample {
  if (raster.width === width && raster.height === height) return raster;
  const { channels } = raster;
  const data = new Uint8Array(width * height * channels);
  const light = new Float32Array(width * height * lightStride);
  const columns = cellsAlong(raster.width, width);
  const rows = cellsAlong(raster.height, height);
  const sums = new Float64Array(sumsOfCell);
  for (let y = 0, cell = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, cell += 1) {
      const column = (columns.from[x] ?? 0) + Math.floor(spread(x, y) * (columns.length[x] ?? 1));
      const row = (rows.from[y] ?? 0) + Math.floor(spread(y, x) * (rows.length[y] ?? 1));
      const chosen = visiblePixel(raster, columns, x, rows, y, (row * raster.width + column) * channels);
      readCell(raster, columns, x, rows, y, chosen, sums);
      writeColour(raster.data, chosen, sums, data, cell * channels, channels);
      const area = ((columns.length[x] ?? 1) * (rows.length[y] ?? 1)) / (columns.meanLength * rows.meanLength);
      writeLight(sums, area, light, cell * lightStride);
    }
  }
  return { data, width, height, channels, light };
}

/** The cells along one side: where each begins, how long it is, and which of its places are read. */
type Cells = { from: Int32Array; length: Int32Array; places: Int32Array; placesCount: Int32Array; meanLength: number };

function cellsAlong(side: number, count: number): Cells {
  const cells: Cells = {
    from: new Int32Array(count),
    length: new Int32Array(count),
    places: new Int32Array(count * maxReadSide),
    placesCount: new Int32Array(count),
    meanLength: side / count,
  };
  for (let cell = 0; cell < count; cell += 1) {
    const from = Math.floor((cell * side) / count);
    const length = Math.floor(((cell + 1) * side) / count) - from;
    const places = placesOf(length, cell);
    cells.from[cell] = from;
    cells.length[cell] = length;
    cells.placesCount[cell] = places.length;
    cells.places.set(
      places.map((place) => from + place),
      cell * maxReadSide,
    );
  }
  return cells;
}

/** All places of a short cell; of a long one a pair in each half. */
function placesOf(length: number, cell: number): number[] {
  if (length <= maxReadSide) return Array.from({ length }, (_, place) => place);
  return Array.from({ length: pairs }, (_, pair) => {
    const begin = Math.floor((pair * length) / pairs);
    const room = Math.floor(((pair + 1) * length) / pairs) - begin - 1;
    const first = begin + Math.floor(spread(cell, pair) * room);
    return [first, first + 1];
  }).flat();
}

/**
 * A number from 0 to below 1 for a place; those of neighbours are far apart. Source: the R2 sequence (M. Roberts, "The
 * unreasonable effectiveness of quasirandom sequences", 2018).
 */
function spread(x: number, y: number): number {
  const sum = x * 0.7548776662466927 + y * 0.5698402909980532;
  return sum - Math.floor(sum);
}

/** The same, or where it is not seen at all the most opaque one of those that are read: the index of its red. */
function visiblePixel(
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
const sum = {
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
const sumsOfCell = Object.keys(sum).length;

/** What alpha 0 hides counts as read, and for nothing else. */
function readCell(
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
  const rowsFrom = y * maxReadSide;
  const rowsEnd = rowsFrom + (rows.placesCount[y] ?? 0);
  let lightRed = 0;
  let lightGreen = 0;
  let lightBlue = 0;
  let allCover = 0;
  let alike = 0;
  let same = 0;
  let alikeRed = 0;
  let alikeGreen = 0;
  let alikeBlue = 0;
  for (let v = rowsFrom; v < rowsEnd; v += 1) {
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
  sums[sum.pixels] = (columnsEnd - columnsFrom) * (rowsEnd - rowsFrom);
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
function writeColour(
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
function writeLight(sums: Float64Array, area: number, light: Float32Array, at: number): void {
  const scale = area / (sums[sum.pixels] ?? 1);
  light[at] = (sums[sum.red] ?? 0) * scale;
  light[at + 1] = (sums[sum.green] ?? 0) * scale;
  light[at + 2] = (sums[sum.blue] ?? 0) * scale;
  light[at + 3] = (sums[sum.cover] ?? 0) * scale;
}

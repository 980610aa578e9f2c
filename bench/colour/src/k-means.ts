/**
 * The method of the replaced system: k-means, k = 5, on 200×200 RGB, with the semantics of `scipy.cluster.vq.kmeans`
 * (20 starts from random pixels, each until the mean distance falls by no more than 1e-5, the best is kept), written
 * here in plain JavaScript. Equal pixels are computed once and counted, which changes no result but the time. The
 * random numbers run on from call to call, as there, but from a fixed seed: two runs of the bench agree, two calls may
 * not.
 */
import { hexFromRgb, type Pixels, rgbFromHex } from '@tintype/colour';
import { seededRandom } from '@tintype/testkit';
import { type Contender, paletteAnswer } from './contender.ts';
import type { Random } from './random.ts';

const clusters = 5;
const starts = 20;
const threshold = 1e-5;

export function createKMeans(): Contender {
  const random = seededRandom(5);
  return {
    name: 'k-means (replaced system)',
    note: 'k = 5 on 200×200 RGB as scipy does it, in JavaScript, on the distinct colours',
    isSlow: true,
    extract: ({ square }) => {
      const points = countedPoints(square);
      const best = bestOf(points, random);
      const total = best.weights.reduce((sum, weight) => sum + weight, 0);
      return paletteAnswer(
        best.weights.map((weight, index) => {
          const [red = 0, green = 0, blue = 0] = best.centres.subarray(index * 3, index * 3 + 3);
          return { rgb: rgbFromHex(hexFromRgb([red, green, blue])), share: weight / total };
        }),
      );
    },
  };
}

/** Distinct colours: red, green, blue and number of pixels each; `total` is that of all pixels. */
type Points = { values: Float64Array; size: number; total: number };

function countedPoints({ data }: Pixels): Points {
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 3) {
    const key = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const values = new Float64Array(counts.size * 4);
  let at = 0;
  for (const [key, count] of counts) {
    values.set([key >> 16, (key >> 8) & 255, key & 255, count], at);
    at += 4;
  }
  return { values, size: counts.size, total: data.length / 3 };
}

type Codebook = { centres: Float64Array; weights: number[]; distortion: number };

function bestOf(points: Points, random: Random): Codebook {
  let best = oneStart(points, random);
  for (let start = 1; start < starts; start++) {
    const next = oneStart(points, random);
    if (next.distortion < best.distortion) best = next;
  }
  return best;
}

/** Lloyd's passes from pixels picked at random; centres that lose all pixels are dropped, as in scipy. */
function oneStart(points: Points, random: Random): Codebook {
  let centres = pickedPixels(points, random);
  let before = Number.POSITIVE_INFINITY;
  for (;;) {
    const { sums, distortion } = assign(points, centres);
    const filled = [...Array(centres.length / 3).keys()].filter((index) => (sums[index * 4 + 3] ?? 0) > 0);
    const next = Float64Array.from(
      filled.flatMap((index) => [0, 1, 2].map((k) => (sums[index * 4 + k] ?? 0) / (sums[index * 4 + 3] ?? 1))),
    );
    if (before - distortion <= threshold) {
      return { centres: next, weights: filled.map((index) => sums[index * 4 + 3] ?? 0), distortion };
    }
    before = distortion;
    centres = next;
  }
}

function pickedPixels({ values, total }: Points, random: Random): Float64Array {
  const centres = new Float64Array(clusters * 3);
  for (let cluster = 0; cluster < clusters; cluster++) {
    let left = random() * total;
    let at = 0;
    while (at + 4 < values.length && left >= (values[at + 3] ?? 0)) {
      left -= values[at + 3] ?? 0;
      at += 4;
    }
    centres.set(values.subarray(at, at + 3), cluster * 3);
  }
  return centres;
}

/** By centre the sums of red, green and blue and the number of its pixels; and the mean distance. */
function assign({ values, total }: Points, centres: Float64Array): { sums: Float64Array; distortion: number } {
  const sums = new Float64Array((centres.length / 3) * 4);
  let distances = 0;
  for (let at = 0; at < values.length; at += 4) {
    const red = values[at] ?? 0;
    const green = values[at + 1] ?? 0;
    const blue = values[at + 2] ?? 0;
    const count = values[at + 3] ?? 0;
    let least = Number.POSITIVE_INFINITY;
    let nearest = 0;
    for (let centre = 0, to = 0; centre < centres.length; centre += 3, to += 4) {
      const r = red - (centres[centre] ?? 0);
      const g = green - (centres[centre + 1] ?? 0);
      const b = blue - (centres[centre + 2] ?? 0);
      const squared = r * r + g * g + b * b;
      if (squared < least) {
        least = squared;
        nearest = to;
      }
    }
    distances += Math.sqrt(least) * count;
    sums[nearest] = (sums[nearest] ?? 0) + red * count;
    sums[nearest + 1] = (sums[nearest + 1] ?? 0) + green * count;
    sums[nearest + 2] = (sums[nearest + 2] ?? 0) + blue * count;
    sums[nearest + 3] = (sums[nearest + 3] ?? 0) + count;
  }
  return { sums, distortion: distances / total };
}

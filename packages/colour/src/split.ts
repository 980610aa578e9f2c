/** Finds seeds for the clustering by splitting: the part of greatest squared error, across its widest axis. */
import { maxBins } from './bin-sums.ts';
import type { Bins } from './histogram.ts';

/**
 * Squared distance from the mean, by the pixel, under which a part is one colour and not split: 0.0001 of the way from
 * black to white, a fortieth of a step of sRGB, so only rounding lies below.
 */
const oneColour = 1e-8;

/** A point of the clustering space, and how many pixels it stands for. */
export type Centre = { weight: number; lightness: number; a: number; b: number };

/** In the clustering space, where a and b are weighted already. */
export function squaredDistance(one: Centre, other: Centre): number {
  const lightness = one.lightness - other.lightness;
  const a = one.a - other.a;
  const b = one.b - other.b;
  return lightness * lightness + a * a + b * b;
}

/** Bins `order[from]` … `order[to − 1]`, with their mean, total squared error and axis of greatest variance. */
type Part = Centre & { from: number; to: number; error: number; axis: 'lightness' | 'a' | 'b' };

const order = new Uint16Array(maxBins);

/** Means of up to `limit` parts that hold all bins, fewer if each is one colour; `owner` says which bin is in which. */
export function splitByError(bins: Bins, limit: number, owner: Uint8Array): Centre[] {
  for (let bin = 0; bin < bins.size; bin++) order[bin] = bin;
  const parts = [partOf(bins, 0, bins.size)];
  while (parts.length < limit) {
    const worst = parts.reduce((most, next) => (next.error > most.error ? next : most));
    if (worst.error <= oneColour * worst.weight) break;
    const middle = divide(bins, worst);
    parts.splice(parts.indexOf(worst), 1, partOf(bins, worst.from, middle), partOf(bins, middle, worst.to));
  }
  parts.forEach(({ from, to }, index) => {
    for (let at = from; at < to; at++) owner[order[at] ?? 0] = index;
  });
  return parts;
}

function partOf(bins: Bins, from: number, to: number): Part {
  let weight = 0;
  let lightness = 0;
  let a = 0;
  let b = 0;
  let lightness2 = 0;
  let a2 = 0;
  let b2 = 0;
  for (let at = from; at < to; at++) {
    const bin = order[at] ?? 0;
    const w = bins.weight[bin] ?? 0;
    const x = bins.lightness[bin] ?? 0;
    const y = bins.a[bin] ?? 0;
    const z = bins.b[bin] ?? 0;
    weight += w;
    lightness += w * x;
    a += w * y;
    b += w * z;
    lightness2 += w * x * x;
    a2 += w * y * y;
    b2 += w * z * z;
  }
  const errorL = lightness2 - (lightness * lightness) / weight;
  const errorA = a2 - (a * a) / weight;
  const errorB = b2 - (b * b) / weight;
  const error = errorL + errorA + errorB;
  const axis = errorL >= errorA && errorL >= errorB ? 'lightness' : errorA >= errorB ? 'a' : 'b';
  return { from, to, weight, lightness: lightness / weight, a: a / weight, b: b / weight, error, axis };
}

/** Moves the bins above the mean on the widest axis behind the others; returns where they begin. */
function divide(bins: Bins, part: Part): number {
  const values = bins[part.axis];
  const mean = part[part.axis];
  let lower = part.from;
  let upper = part.to;
  while (lower < upper) {
    const bin = order[lower] ?? 0;
    if ((values[bin] ?? 0) <= mean) {
      lower++;
    } else {
      upper--;
      order[lower] = order[upper] ?? 0;
      order[upper] = bin;
    }
  }
  return lower;
}

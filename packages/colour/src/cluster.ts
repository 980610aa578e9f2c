/** Groups the bins of a histogram into clusters: seeds by splitting, then Lloyd passes. Nothing is random. */
import { maxBins } from './bin-sums.ts';
import type { Bins } from './histogram.ts';
import { type Centre, splitByError, squaredDistance } from './split.ts';

/** Of a photograph; more would follow its noise, which is another one in every encoding. */
const usualClusters = 8;
/** Of flat art, where each cluster should hold one colour, and a mixture of two would be none that the picture has. */
const flatClusters = 16;
/** Where a palette of more than the usual colours is asked for. */
export const maxClusters = 32;
/** From this `peakShare` on it is flat art. */
const flatArt = 0.8;
const maxPasses = 6;

/** A cluster has the bins `order[from]` … `order[to − 1]`, and its channel sums beside its centre. */
export type Cluster = Centre & { red: number; green: number; blue: number; from: number; to: number };

/** The clusters of one picture, none of them empty. The arrays are valid until the next call. */
export type Clusters = {
  bins: Bins;
  list: Cluster[];
  /** Bins, cluster by cluster. */
  order: Uint16Array;
  /** Index into `list` of the cluster of a bin. */
  owner: Uint8Array;
};

const order = new Uint16Array(maxBins);
const owner = new Uint8Array(maxBins);

/** Whether nearly all pixels have one of a few colours. */
export function isFlatArt({ peakShare }: Bins): boolean {
  return peakShare >= flatArt;
}

/** One to eight clusters, of flat art up to sixteen, or up to `limit` (at most 32); there must be a bin. */
export function clusterBins(bins: Bins, limit = isFlatArt(bins) ? flatClusters : usualClusters): Clusters {
  const list: Cluster[] = [];
  lloyd(bins, splitByError(bins, limit, owner)).forEach((centre, index) => {
    if (centre.weight > 0) list.push(gather(bins, centre, index, list.length, list.at(-1)?.to ?? 0));
  });
  return { bins, list, order, owner };
}

/** Collects the bins of a centre into `order`, and renames their owner, which can only become a smaller number. */
function gather(bins: Bins, centre: Centre, index: number, newIndex: number, from: number): Cluster {
  let to = from;
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let bin = 0; bin < bins.size; bin++) {
    if (owner[bin] !== index) continue;
    owner[bin] = newIndex;
    order[to++] = bin;
    red += bins.red[bin] ?? 0;
    green += bins.green[bin] ?? 0;
    blue += bins.blue[bin] ?? 0;
  }
  return { ...centre, red, green, blue, from, to };
}

/** Moves bins to their nearest centre and centres to their mean, until no bin moves or six times. */
function lloyd(bins: Bins, seeds: Centre[]): Centre[] {
  let centres = seeds;
  for (let pass = 0; pass < maxPasses; pass++) {
    placePoints(centres);
    if (assign(bins, centres.length * stride) === 0) break;
    centres = centres.map(meanOf);
  }
  return centres;
}

const stride = 4;
/** By cluster: lightness, a and b of its centre, and its safe radius, squared. */
const points = new Float64Array(maxClusters * stride);
/** By cluster: weight, and sums of lightness, a and b over its pixels. */
const totals = new Float64Array(maxClusters * stride);

/** Within half the way to the next centre no other can be nearer (Elkan, ICML 2003): the safe radius. */
function placePoints(centres: Centre[]): void {
  centres.forEach((centre, index) => {
    const others = centres.filter((other) => other !== centre);
    const nearest = Math.min(...others.map((other) => squaredDistance(centre, other)));
    points.set([centre.lightness, centre.a, centre.b, nearest / 4], index * stride);
  });
}

/** Gives each bin to its nearest centre and adds up `totals`; returns how many bins moved. */
function assign({ size, weight, lightness, a, b }: Bins, end: number): number {
  totals.fill(0);
  let moved = 0;
  for (let bin = 0; bin < size; bin++) {
    const x = lightness[bin] ?? 0;
    const y = a[bin] ?? 0;
    const z = b[bin] ?? 0;
    const own = (owner[bin] ?? 0) * stride;
    let nearest = own;
    let least = squaredFromPoint(own, x, y, z);
    if (least > (points[own + 3] ?? 0)) {
      for (let at = 0; at < end; at += stride) {
        const distance = squaredFromPoint(at, x, y, z);
        if (distance < least) {
          least = distance;
          nearest = at;
        }
      }
    }
    if (nearest !== own) {
      owner[bin] = nearest / stride;
      moved++;
    }
    const w = weight[bin] ?? 0;
    totals[nearest] = (totals[nearest] ?? 0) + w;
    totals[nearest + 1] = (totals[nearest + 1] ?? 0) + w * x;
    totals[nearest + 2] = (totals[nearest + 2] ?? 0) + w * y;
    totals[nearest + 3] = (totals[nearest + 3] ?? 0) + w * z;
  }
  return moved;
}

function squaredFromPoint(at: number, lightness: number, a: number, b: number): number {
  const dL = lightness - (points[at] ?? 0);
  const da = a - (points[at + 1] ?? 0);
  const db = b - (points[at + 2] ?? 0);
  return dL * dL + da * da + db * db;
}

/** Where `totals` put a centre; one that lost its last bin stays where it is, with weight 0. */
function meanOf(centre: Centre, index: number): Centre {
  const [weight = 0, lightness = 0, a = 0, b = 0] = totals.subarray(index * stride, (index + 1) * stride);
  if (weight === 0) return { ...centre, weight };
  return { weight, lightness: lightness / weight, a: a / weight, b: b / weight };
}

/** Finds what lies behind the subject: the colour that most of a thin band just inside the picture's edge is like. */

import { binKey, maxBins } from './bin-sums.ts';
import { type Clusters, isFlatArt } from './cluster.ts';
import type { Rgb } from './convert.ts';
import { densestColourOf, type Points } from './densest.ts';
import type { Bins } from './histogram.ts';
import type { Group } from './merge.ts';
import { fullAlpha, type Pixels } from './pixels.ts';

/** Where the band lies, in parts of the shorter side: inside key-lines and ringing, outside the subject. */
const bandFrom = 0.015;
const bandTo = 0.035;

/** The group of flat art, else a colour; and its share of the band, 0 … 1. */
export type Background = { found: Group | Rgb | 'transparent'; confidence: number };

/** Pixels of the band by bin, each by its alpha: reused, as everything of a histogram. */
const counts = new Float64Array(maxBins);
/** The bins that the band has, one after the other. */
const points: Points = {
  size: 0,
  weight: new Float64Array(maxBins),
  lightness: new Float64Array(maxBins),
  a: new Float64Array(maxBins),
  b: new Float64Array(maxBins),
  red: new Float64Array(maxBins),
  green: new Float64Array(maxBins),
  blue: new Float64Array(maxBins),
};

/**
 * What holds most of the band: in flat art the heaviest group, else the colour round which most of its pixels lie, since
 * groups of a photograph are others in every encoding. The groups must hold all clusters, so that every pixel that is seen
 * belongs to one.
 */
export function backgroundOf(pixels: Pixels, clusters: Clusters, groups: readonly Group[]): Background {
  const { seen, hidden } = countBand(pixels, clusters);
  const total = seen + hidden;
  let most: { group: Group | 'transparent'; weight: number } = { group: 'transparent', weight: hidden };
  for (const group of groups) {
    const weight = weightOf(clusters, group);
    if (weight > most.weight) most = { group, weight };
  }
  if (most.group === 'transparent' || isFlatArt(clusters.bins)) {
    return { found: most.group, confidence: most.weight / total };
  }
  const { rgb, weight } = densestColourOf(pointsOfBand(clusters.bins), clusters.list);
  return { found: rgb, confidence: weight / total };
}

/** How much of the band is in a group. */
function weightOf({ order }: Clusters, { clusters }: Group): number {
  let weight = 0;
  for (const { from, to } of clusters) {
    for (let at = from; at < to; at++) weight += counts[order[at] ?? 0] ?? 0;
  }
  return weight;
}

/** Of each bin so much as the band has of it. */
function pointsOfBand(bins: Bins): Points {
  points.size = 0;
  for (let bin = 0; bin < bins.size; bin++) {
    const weight = counts[bin] ?? 0;
    if (weight === 0) continue;
    const part = weight / (bins.weight[bin] ?? 1);
    const point = points.size++;
    points.weight[point] = weight;
    points.lightness[point] = bins.lightness[bin] ?? 0;
    points.a[point] = bins.a[bin] ?? 0;
    points.b[point] = bins.b[bin] ?? 0;
    points.red[point] = (bins.red[bin] ?? 0) * part;
    points.green[point] = (bins.green[bin] ?? 0) * part;
    points.blue[point] = (bins.blue[bin] ?? 0) * part;
  }
  return points;
}

/** Fills `counts`; says how much of the band is seen, and how much of it is seen through. */
function countBand({ data, width, height, channels }: Pixels, { bins }: Clusters): { seen: number; hidden: number } {
  counts.fill(0, 0, bins.size);
  let seen = 0;
  let hidden = 0;
  const countRun = (row: number, from: number, to: number) => {
    for (let at = (row * width + from) * channels; at < (row * width + to) * channels; at += channels) {
      const alpha = channels === 3 ? fullAlpha : (data[at + 3] ?? 0);
      seen += alpha;
      hidden += fullAlpha - alpha;
      if (alpha === 0) continue;
      const bin = bins.binOf[binKey(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) & bins.keyMask] ?? 0;
      counts[bin] = (counts[bin] ?? 0) + alpha;
    }
  };
  const shorter = Math.min(width, height);
  const from = Math.round(shorter * bandFrom);
  // At least one pixel wide: of a tiny picture the outermost ring.
  const to = Math.max(from + 1, Math.round(shorter * bandTo));
  for (let row = from; row < height - from; row++) {
    const isWhole = row < to || row >= height - to || width - to <= to;
    countRun(row, from, isWhole ? width - from : to);
    if (!isWhole) countRun(row, width - to, width - from);
  }
  return { seen, hidden };
}

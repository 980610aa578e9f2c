/** Finds what lies behind the subject: the group that holds most of a thin band just inside the picture's edge. */

import { binKey } from './bin-sums.ts';
import type { Clusters } from './cluster.ts';
import type { Group } from './merge.ts';
import { fullAlpha, type Pixels } from './pixels.ts';

/** Where the band lies, in parts of the shorter side: inside key-lines and ringing, outside the subject. */
const bandFrom = 0.015;
const bandTo = 0.035;

/** The group, and its share of the band, 0 … 1. */
export type Background = { group: Group | 'transparent'; confidence: number };

/** What holds most of the band. The groups must hold all clusters, so that every pixel that is seen belongs to one. */
export function backgroundOf(pixels: Pixels, clusters: Clusters, groups: readonly Group[]): Background {
  const counts = countBand(pixels, clusters);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let background: Background = { group: 'transparent', confidence: (counts.at(-1) ?? 0) / total };
  for (const group of groups) {
    const count = clusters.list.reduce(
      (sum, cluster, index) => sum + (group.clusters.includes(cluster) ? (counts[index] ?? 0) : 0),
      0,
    );
    if (count / total > background.confidence) background = { group, confidence: count / total };
  }
  return background;
}

/** How much of the band is in each cluster by alpha, and in the last place how much of it is seen through. */
function countBand({ data, width, height, channels }: Pixels, { bins, list, owner }: Clusters): Float64Array {
  const counts = new Float64Array(list.length + 1);
  const countRun = (row: number, from: number, to: number) => {
    for (let at = (row * width + from) * channels; at < (row * width + to) * channels; at += channels) {
      const alpha = channels === 3 ? fullAlpha : (data[at + 3] ?? 0);
      counts[list.length] = (counts[list.length] ?? 0) + fullAlpha - alpha;
      if (alpha === 0) continue;
      const key = binKey(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
      const place = owner[bins.binOf[key & bins.keyMask] ?? 0] ?? 0;
      counts[place] = (counts[place] ?? 0) + alpha;
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
  return counts;
}

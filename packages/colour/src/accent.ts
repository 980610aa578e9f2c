/** Picks the accent: the colour that catches the eye beside the dominant one, if there is any. */
import type { Oklab } from './convert.ts';
import { oklabDistance } from './difference.ts';
import { chromaWeight } from './histogram.ts';
import type { Group } from './merge.ts';
import type { Centre } from './split.ts';

/** OKLCH chroma of a colour worth the name: slategray has 0.03, tan 0.06, teal 0.09, tomato 0.2, pure red 0.26. */
const leastChroma = 0.08;
/** Smaller than this share of the opaque pixels it may be noise. */
const leastShare = 0.004;
/** From this share on size is no further merit: a small red beats a large brown. */
const fullShare = 0.05;
/** By `oklabDistance`, where black to white is 1: nearer than this it is a shade of the dominant. */
const leastDistance = 0.15;

/** The group of greatest chroma that is none of the dominant's shades; under 5 % of the pixels size tells, too. */
export function accentOf(groups: readonly Group[], dominant: Group): Group | null {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let accent: Group | null = null;
  let most = 0;
  for (const group of groups) {
    const share = group.weight / total;
    const chroma = Math.hypot(group.a, group.b) / chromaWeight;
    if (share < leastShare || chroma < leastChroma || isShadeOf(group, dominant)) continue;
    const merit = chroma * Math.sqrt(Math.min(1, share / fullShare));
    if (merit > most) {
      most = merit;
      accent = group;
    }
  }
  return accent;
}

function isShadeOf(group: Group, dominant: Group): boolean {
  const belongs = group.clusters.some((cluster) => dominant.clusters.includes(cluster));
  return belongs || oklabDistance(oklabOf(group), oklabOf(dominant)) < leastDistance;
}

function oklabOf({ lightness, a, b }: Centre): Oklab {
  return [lightness, a / chromaWeight, b / chromaWeight];
}

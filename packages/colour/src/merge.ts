/** Joins clusters into what a person would call one colour: shades of a surface, and what is too small to be one. */
import type { Cluster, Clusters } from './cluster.ts';
import type { Centre } from './split.ts';
import { hasValley } from './valley.ts';

/** Shade moves lightness more than hue: it counts for less when colours are compared. */
export const shadeWeight = 0.6;
/** What holds less than this share of the opaque pixels is an edge or noise. */
const tinyShare = 0.012;

/** Clusters that count as one colour; centre, weight and channel sums are theirs together. */
export type Group = Centre & {
  red: number;
  green: number;
  blue: number;
  clusters: readonly Cluster[];
  /** Those of them that say which colour it is; the others were only added because they were small or too many. */
  core: readonly Cluster[];
};

/** Each cluster as a group of its own. */
export function groupsOf({ list }: Clusters): Group[] {
  return list.map((cluster) => ({ ...cluster, clusters: [cluster], core: [cluster] }));
}

/** Joins the nearest two again and again while they are nearer than `distance` and no valley lies between them. */
export function mergeNear(clusters: Clusters, groups: readonly Group[], distance: number): readonly Group[] {
  const apart = new Map<Group, Set<Group>>();
  let merged = groups;
  for (;;) {
    const pair = nearestPair(merged, (one, other) =>
      apart.get(one)?.has(other) ? distance : shadeDistance(one, other),
    );
    if (!pair || pair.distance >= distance) return merged;
    const { one, other } = pair;
    if (hasValley(clusters, one, other)) apart.set(one, (apart.get(one) ?? new Set()).add(other));
    else merged = replacePair(merged, one, other, sumOf([one, other]));
  }
}

/**
 * Gives what has less than 1.2 % of the weight to its nearest neighbour, smallest first; the last group always stays.
 */
export function absorbTiny(groups: readonly Group[]): readonly Group[] {
  const least = groups.reduce((sum, { weight }) => sum + weight, 0) * tinyShare;
  let merged = groups;
  while (merged.length > 1) {
    const smallest = merged.reduce((small, next) => (next.weight < small.weight ? next : small));
    if (smallest.weight >= least) break;
    const pair = nearestPair(merged, (one, other) =>
      one === smallest || other === smallest ? shadeDistance(one, other) : Number.POSITIVE_INFINITY,
    );
    if (!pair) break;
    merged = replacePair(merged, pair.one, pair.other, annexation(pair.one, pair.other));
  }
  return merged;
}

type Pair = { one: Group; other: Group; distance: number };

function nearestPair(groups: readonly Group[], distanceOf: (one: Group, other: Group) => number): Pair | undefined {
  let nearest: Pair | undefined;
  groups.forEach((one, index) => {
    for (const other of groups.slice(index + 1)) {
      const distance = distanceOf(one, other);
      if (!nearest || distance < nearest.distance) nearest = { one, other, distance };
    }
  });
  return nearest;
}

/** The list with `joined` in the place of `one`, and without `other`. */
function replacePair(groups: readonly Group[], one: Group, other: Group, joined: Group): readonly Group[] {
  return groups.filter((group) => group !== other).map((group) => (group === one ? joined : group));
}

/** Groups as one; their colour is the mean of all. */
export function sumOf(groups: readonly Group[]): Group {
  const sum = (numberOf: (group: Group) => number) => groups.reduce((total, group) => total + numberOf(group), 0);
  const weight = sum((group) => group.weight);
  return {
    weight,
    lightness: sum((group) => group.lightness * group.weight) / weight,
    a: sum((group) => group.a * group.weight) / weight,
    b: sum((group) => group.b * group.weight) / weight,
    red: sum(({ red }) => red),
    green: sum(({ green }) => green),
    blue: sum(({ blue }) => blue),
    clusters: groups.flatMap(({ clusters }) => clusters),
    core: groups.flatMap(({ core }) => core),
  };
}

/** Both together, in the colour of the heavier. */
function annexation(one: Group, other: Group): Group {
  return { ...sumOf([one, other]), core: one.weight >= other.weight ? one.core : other.core };
}

/** Distance in the clustering space, lightness counting less. */
export function shadeDistance(one: Centre, other: Centre): number {
  const lightness = (one.lightness - other.lightness) * shadeWeight;
  const a = one.a - other.a;
  const b = one.b - other.b;
  return Math.sqrt(lightness * lightness + a * a + b * b);
}

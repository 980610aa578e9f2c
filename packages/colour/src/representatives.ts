/** Chooses which colours a palette shows when there are more than it has room for. */
import type { Cluster } from './cluster.ts';
import { labFromRgb } from './convert.ts';
import { ciede2000 } from './difference.ts';
import { type Group, sumOf } from './merge.ts';

/**
 * The `count` groups that stand best for all: the mean difference (CIEDE2000) from a pixel's group to the nearest
 * chosen one is least. Each of the others joins the nearest chosen one, which keeps its colour: a mean of two colours
 * may be one that the picture does not have. These are k-medoids (Kaufman & Rousseeuw, "Finding Groups in Data", 1990,
 * chapter 2), found by leaving out one after the other what costs least, then exchanging while that is better.
 */
export function representativesOf(groups: readonly Group[], count: number): readonly Group[] {
  if (groups.length <= count) return groups;
  const distances = distancesBetween(groups);
  const costOf = (chosen: readonly number[]) =>
    groups.reduce((sum, { weight }, index) => sum + weight * distanceToNearest(distances[index] ?? [], chosen), 0);
  let chosen = [...groups.keys()];
  while (chosen.length > count) {
    chosen = cheapest(
      chosen.map((left) => chosen.filter((index) => index !== left)),
      costOf,
    );
  }
  for (;;) {
    const better = cheapest([chosen, ...exchanges(chosen, groups.length)], costOf);
    if (better === chosen) return joined(groups, chosen, distances);
    chosen = better;
  }
}

/** By the cores: what was added to a group does not say which colour it is. */
function distancesBetween(groups: readonly Group[]): number[][] {
  const labs = groups.map(({ core }) => {
    const mean = (channelOf: (cluster: Cluster) => number) =>
      core.reduce((sum, cluster) => sum + channelOf(cluster), 0) / core.reduce((sum, { weight }) => sum + weight, 0);
    return labFromRgb([mean(({ red }) => red), mean(({ green }) => green), mean(({ blue }) => blue)]);
  });
  return labs.map((one) => labs.map((other) => ciede2000(one, other)));
}

/** The first of the least, so that equal ones are always decided in the same way. */
function cheapest(choices: readonly number[][], costOf: (chosen: readonly number[]) => number): number[] {
  let best: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    const cost = costOf(choice);
    if (cost < least) {
      least = cost;
      best = choice;
    }
  }
  return best;
}

/** All choices that differ from this one in one group. */
function exchanges(chosen: readonly number[], total: number): number[][] {
  const others = [...Array(total).keys()].filter((index) => !chosen.includes(index));
  return others.flatMap((other) => chosen.map((left) => chosen.map((index) => (index === left ? other : index))));
}

function distanceToNearest(distances: readonly number[], chosen: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const index of chosen) {
    const distance = distances[index] ?? 0;
    if (distance < least) least = distance;
  }
  return least;
}

/** The chosen groups with the weight and the clusters of those that are nearest to them. */
function joined(groups: readonly Group[], chosen: readonly number[], distances: readonly number[][]): Group[] {
  const nearestOf = (index: number) =>
    chosen.reduce((nearest, next) =>
      (distances[index]?.[next] ?? 0) < (distances[index]?.[nearest] ?? 0) ? next : nearest,
    );
  return chosen.flatMap((place) => {
    const kept = groups[place];
    if (!kept) return [];
    const members = groups.filter(
      (_, index) => index === place || (!chosen.includes(index) && nearestOf(index) === place),
    );
    return { ...sumOf(members), core: kept.core };
  });
}

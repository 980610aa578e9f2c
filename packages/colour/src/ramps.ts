/** Joins the parts of a short ramp: one colour under uneven light, or with noise. A long ramp is a gradient of several. */
import type { Clusters } from './cluster.ts';
import { type Group, shadeDistance, sumOf } from './merge.ts';
import { hasValley } from './valley.ts';

/** From one end to the other: longer is a gradient, and keeps its parts. */
const longest = 0.14;
/**
 * A step of a ramp weighs at least this part of the next: what is less is the softened edge of something else, which
 * would make the ramp seem longer than it is.
 */
const leastStep = 0.05;

/** The groups with those as one that lie on the same short ramp. */
export function joinRamps(clusters: Clusters, groups: readonly Group[]): readonly Group[] {
  const left = new Set(groups);
  const joined: Group[] = [];
  for (const group of groups) {
    if (!left.delete(group)) continue;
    const ramp = [group];
    // It grows while it is walked through.
    for (const member of ramp) {
      for (const other of left) {
        if (!isStep(clusters, member, other)) continue;
        left.delete(other);
        ramp.push(other);
      }
    }
    if (lengthOf(ramp) <= longest) joined.push(ramp.length === 1 ? group : sumOf(ramp));
    else joined.push(...ramp);
  }
  return joined;
}

/** Whether two groups lie beside each other on a ramp: near, and with no valley between them. */
function isStep(clusters: Clusters, one: Group, other: Group): boolean {
  const [lighter, heavier] = one.weight < other.weight ? [one.weight, other.weight] : [other.weight, one.weight];
  if (lighter < leastStep * heavier || shadeDistance(one, other) > longest) return false;
  return !hasValley(clusters, one, other);
}

function lengthOf(ramp: readonly Group[]): number {
  return Math.max(...ramp.flatMap((one) => ramp.map((other) => shadeDistance(one, other))));
}

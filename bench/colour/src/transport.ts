/** Exact earth mover's distance between two palettes. */
import { ciede2000, labFromRgb } from '@tintype/colour';
import type { Colour } from './truth.ts';

/** What is less is a rounding error, not a share. */
const nothing = 1e-12;

/**
 * How far, in ΔE2000, the mean pixel has to be moved to make one palette into the other: 0 is equal. Shares are brought
 * to a sum of one on both sides. Minimum-cost flow by successive shortest paths (Ahuja, Magnanti & Orlin, "Network
 * Flows", 1993, chapter 9.7), exact for any number of colours.
 */
export function earthMoversDistance(one: readonly Colour[], other: readonly Colour[]): number {
  const costs = one.map(({ rgb }) => other.map((to) => ciede2000(labFromRgb(rgb), labFromRgb(to.rgb))));
  const supplies = normalised(one);
  const demands = normalised(other);
  const flows = costs.map((row) => row.map(() => 0));
  let total = 0;
  for (;;) {
    const path = cheapestPath(costs, flows, supplies, demands);
    if (path === null) return total;
    const amount = Math.min(
      supplies[path.from] ?? 0,
      demands[path.to] ?? 0,
      ...path.steps.filter(({ back }) => back).map(({ row, column }) => flows[row]?.[column] ?? 0),
    );
    for (const { row, column, back } of path.steps) {
      const flow = flows[row] ?? [];
      flow[column] = (flow[column] ?? 0) + (back ? -amount : amount);
    }
    supplies[path.from] = (supplies[path.from] ?? 0) - amount;
    demands[path.to] = (demands[path.to] ?? 0) - amount;
    total += amount * path.cost;
  }
}

function normalised(palette: readonly Colour[]): number[] {
  const total = palette.reduce((sum, { share }) => sum + share, 0);
  return palette.map(({ share }) => share / total);
}

/** A step from a row to a column, or `back` along a flow that it takes away. */
type Step = { row: number; column: number; back: boolean };
type Path = { from: number; to: number; cost: number; steps: Step[] };

/** Bellman–Ford from all rows that have something left to the nearest column that wants something. */
function cheapestPath(costs: number[][], flows: number[][], supplies: number[], demands: number[]): Path | null {
  const rows: (Path | null)[] = supplies.map((left, from) =>
    left > nothing ? { from, to: -1, cost: 0, steps: [] } : null,
  );
  const columns: (Path | null)[] = demands.map(() => null);
  for (let changed = true; changed; ) {
    changed = false;
    costs.forEach((line, row) => {
      line.forEach((cost, column) => {
        changed = relax(rows[row], columns, column, cost, { row, column, back: false }) || changed;
        if ((flows[row]?.[column] ?? 0) > nothing) {
          changed = relax(columns[column], rows, row, -cost, { row, column, back: true }) || changed;
        }
      });
    });
  }
  const ends = columns.map((path, to) => (path && (demands[to] ?? 0) > nothing ? { ...path, to } : null));
  return ends.reduce((best, path) => (path && (!best || path.cost < best.cost) ? path : best), null);
}

function relax(path: Path | null | undefined, ends: (Path | null)[], end: number, cost: number, step: Step): boolean {
  if (!path || path.cost + cost >= (ends[end]?.cost ?? Number.POSITIVE_INFINITY) - 1e-9) return false;
  ends[end] = { ...path, cost: path.cost + cost, steps: [...path.steps, step] };
  return true;
}

/** What the words of a thumbnail's shape come to: boxes, points, sides. Without schemas, for processes that must start quickly. */
import type { CropBox, Point, Position, PositionStrategy } from './cut.ts';
import type { Padding, Rendition } from './rendition.ts';

const points: Record<Exclude<Position, PositionStrategy | Point>, Point> = {
  centre: { x: 0.5, y: 0.5 },
  north: { x: 0.5, y: 0 },
  northeast: { x: 1, y: 0 },
  east: { x: 1, y: 0.5 },
  southeast: { x: 1, y: 1 },
  south: { x: 0.5, y: 1 },
  southwest: { x: 0, y: 1 },
  west: { x: 0, y: 0.5 },
  northwest: { x: 0, y: 0 },
};

export function isStrategy(position: Position): position is PositionStrategy {
  return position === 'attention' || position === 'entropy';
}

/** The point that a position means; the middle for what the picture decides. */
export function pointOf(position: Position = 'centre'): Point {
  if (typeof position !== 'string') return position;
  return isStrategy(position) ? points.centre : points[position];
}

/** In pixels of the upright picture. */
export type PixelBox = { left: number; top: number; width: number; height: number };

/** The box in a picture of this size, at least a pixel each way; null when not all of it is within. */
export function boxIn(picture: { width: number; height: number }, crop: CropBox): PixelBox | null {
  const across = spanIn(picture.width, crop.x, crop.width);
  const down = spanIn(picture.height, crop.y, crop.height);
  return across && down && { left: across.start, top: down.start, width: across.length, height: down.length };
}

/** Whether it is within no picture at all. */
export function isNowhere({ x, y, width, height }: CropBox): boolean {
  const sides: [number | string, number | string][] = [
    [x, width],
    [y, height],
  ];
  return sides.some(([start, length]) => {
    const [from, part] = [partOf(start) ?? 0, partOf(length)];
    return part === 0 || from >= 1 || from + (part ?? 0) > 1 + tolerance;
  });
}

/** What the sum of two parts may be over the whole: 33.3 and 66.7 are 100. */
const tolerance = 1e-9;

/** Edges are rounded, not lengths, so that parts that make the whole do. */
function spanIn(side: number, start: number | string, length: number | string) {
  const [from, part] = [partOf(start), partOf(length)];
  const first = from === null ? Number(start) : Math.min(Math.round(from * side), side - 1);
  const end = from !== null && part !== null ? (from + part) * side : first + (part ?? 0) * side;
  const last = Math.max(first + 1, typeof length === 'number' ? first + length : Math.round(end));
  return last <= side ? { start: first, length: last - first } : null;
}

/** A share of a side, between 0 and 1; null for one in pixels. */
function partOf(length: number | string): number | null {
  return typeof length === 'number' ? null : Number.parseFloat(length) / 100;
}

/** The same with all sides named. */
export function sidesOf(padding: Padding = 0): { top: number; right: number; bottom: number; left: number } {
  if (typeof padding !== 'number') return { top: 0, right: 0, bottom: 0, left: 0, ...padding };
  return { top: padding, right: padding, bottom: padding, left: padding };
}

/** Whether small pictures are enlarged when nothing is said. */
export function enlargesUsually(fit: Rendition['fit']): boolean {
  return fit !== 'inside' && fit !== 'outside';
}

/** Which part of a picture is shown: a box of it, and where the rest is cut off. */
import Type, { type Static } from 'typebox';
import { percentPattern } from './pattern-words.ts';

const compass = ['north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest'] as const;
/** What the picture itself decides. */
const strategies = ['attention', 'entropy'] as const;

const part = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

/** What stays in sight where `cover` cuts, and where `contain` puts the picture. */
export const Position = Type.Union(
  [
    Type.Enum(['centre', ...compass, ...strategies], { $id: 'NamedPosition' }),
    Type.Object(
      { x: part('0 is the left edge, 1 the right one'), y: part('0 is the top edge, 1 the bottom one') },
      { $id: 'FocalPoint', additionalProperties: false },
    ),
  ],
  {
    $id: 'Position',
    description:
      'what stays in sight where `cover` cuts, and where `contain` puts the picture (centre). attention, entropy: where most is to be seen, `cover` alone · x, y: a point as parts of the sides',
    examples: ['centre'],
  },
);
export type Position = Static<typeof Position>;

/** Parts of the sides: 0, 0 is the top left corner. */
export type Point = Exclude<Position, string>;
/** What the picture itself decides, not we. */
export type PositionStrategy = (typeof strategies)[number];

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

const length = (description: string, minimum: number) =>
  Type.Union([Type.Integer({ minimum, maximum: 1_000_000 }), Type.String({ pattern: percentPattern, maxLength: 12 })], {
    description,
  });

/** A box of the upright picture: numbers are its pixels, texts as `25%` parts of its sides. */
export const CropBox = Type.Object(
  {
    x: length('left edge', 0),
    y: length('top edge', 0),
    width: length('pixels, or a part as 25%', 1),
    height: length('pixels, or a part as 25%', 1),
  },
  {
    $id: 'CropBox',
    description: 'this box of the upright picture alone: numbers are its pixels, texts as `25%` parts of its sides',
    additionalProperties: false,
    examples: [{ x: '25%', y: '25%', width: '50%', height: '50%' }],
  },
);
export type CropBox = Static<typeof CropBox>;

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

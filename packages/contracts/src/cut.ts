/** Which part of a picture is shown: a box of it, and where the rest is cut off. */
import Type, { type Static } from 'typebox';
import { percentPattern } from './pattern-words.ts';

const compass = ['north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest'] as const;
/** What the picture itself decides. */
const strategies = ['attention', 'entropy'] as const;

const part = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

const FocalPoint = Type.Object(
  { x: part('0 is the left edge, 1 the right one'), y: part('0 is the top edge, 1 the bottom one') },
  { $id: 'FocalPoint', additionalProperties: false },
);

/** Where something is put: a side, a corner, the middle, or a point. */
export const Place = Type.Union([Type.Enum(['centre', ...compass], { $id: 'NamedPlace' }), FocalPoint], {
  $id: 'Place',
  description: 'a side, a corner, the centre, or x, y: a point as parts of the sides',
  examples: ['southeast'],
});

/** What stays in sight where `cover` cuts, and where `contain` puts the picture. */
export const Position = Type.Union(
  [Type.Enum(['centre', ...compass, ...strategies], { $id: 'NamedPosition' }), FocalPoint],
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

const length = (description: string, minimum: number, usual: number | string) =>
  Type.Union([Type.Integer({ minimum, maximum: 1_000_000 }), Type.String({ pattern: percentPattern, maxLength: 12 })], {
    description,
    examples: [usual],
  });

/** A box of the upright picture: numbers are its pixels, texts as `25%` parts of its sides. */
export const CropBox = Type.Object(
  {
    x: length('left edge', 0, 0),
    y: length('top edge', 0, 0),
    width: length('pixels, or a part as 25%', 1, '100%'),
    height: length('pixels, or a part as 25%', 1, '100%'),
  },
  {
    $id: 'CropBox',
    description: 'this box of the upright picture alone: numbers are its pixels, texts as `25%` parts of its sides',
    additionalProperties: false,
    examples: [{ x: 0, y: 0, width: '100%', height: '100%' }],
  },
);
export type CropBox = Static<typeof CropBox>;

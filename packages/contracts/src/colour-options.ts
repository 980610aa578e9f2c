/** How colours are found in a picture: as clients say it, and in the one spelling that jobs know. */

import Type, { type Static } from 'typebox';
import { CropBox } from './cut.ts';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

/** Where colours are read from: all of the picture, its rim, its middle, or a box. */
export const ColourRegion = Type.Union(
  [
    Type.Enum(['all', 'edges', 'centre'], { $id: 'NamedRegion' }),
    Type.Object(
      { x: share('left edge'), y: share('top edge'), w: share('width'), h: share('height') },
      { $id: 'RegionBox', additionalProperties: false },
    ),
    CropBox,
  ],
  {
    $id: 'ColourRegion',
    description:
      'where colours are read from: a box as for `crop`, or with `w` and `h` as parts of the picture’s sides',
    examples: ['all'],
  },
);
export type ColourRegion = Static<typeof ColourRegion>;
/** One that does not depend on how many pixels the picture has. */
export type RelativeRegion = Exclude<ColourRegion, CropBox>;

/** Most colours that one picture's may be asked to ignore: each is a difference for each colour of its sample. */
export const maxIgnoredColours = 8;
const defaultPaletteSize = 5;
/** What is ignored with a colour unless told otherwise, by CIEDE2000. */
const defaultIgnoreTolerance = 10;

/** How many colours a palette has at most. No default: what is filled in changes a request for its Idempotency-Key. */
export const PaletteSize = Type.Integer({
  $id: 'PaletteSize',
  minimum: 1,
  maximum: 16,
  description: `most colours in the palette (${defaultPaletteSize})`,
  examples: [defaultPaletteSize],
});

const commonColourFields = {
  count: Type.Optional(Type.Integer({ ...PaletteSize, $id: 'ColourCount', default: defaultPaletteSize })),
  region: Type.Optional(ColourRegion),
  tolerance: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 50,
      description: `what is ignored with a colour: up to this difference by CIEDE2000 (${defaultIgnoreTolerance})`,
      examples: [defaultIgnoreTolerance],
    }),
  ),
};

const IgnoredColour = Type.String({
  minLength: 1,
  maxLength: 40,
  description: '`background`, `#rrggbb`, `#rgb` or a CSS name',
});

/** One or several. */
export const IgnoredColours = Type.Union([IgnoredColour, Type.Array(IgnoredColour, { maxItems: maxIgnoredColours })], {
  $id: 'IgnoredColours',
  description:
    'colours that count as if they were transparent: `background` (the one that is found), `#rrggbb` or CSS names',
  examples: ['#ff00ff'],
});

/** How colours are to be found, as clients say it. */
export const ColourRequest = Type.Object(
  {
    ...commonColourFields,
    ignore: Type.Optional(IgnoredColours),
  },
  { $id: 'ColourOptions', additionalProperties: false, examples: [{ count: defaultPaletteSize, region: 'all' }] },
);
export type ColourRequest = Static<typeof ColourRequest>;

/** How colours are found: the same with every colour in one spelling. */
export const ColourOptions = Type.Object(
  {
    ...commonColourFields,
    ignore: Type.Optional(
      Type.Array(Type.String({ pattern: '^(background|#[0-9a-f]{6})$' }), { maxItems: maxIgnoredColours }),
    ),
  },
  { additionalProperties: false },
);
export type ColourOptions = Static<typeof ColourOptions>;
/** The same for a picture that is known. */
export type PictureColourOptions = Omit<ColourOptions, 'region'> & { region?: RelativeRegion };

/** Only what differs from the defaults, in one order, so that equal options are equal work. */
export function colourOptionsOf({
  count = defaultPaletteSize,
  region = 'all',
  ignore = [],
  tolerance = defaultIgnoreTolerance,
}: ColourOptions = {}): ColourOptions {
  const ignored = [...new Set(ignore)].toSorted();
  return {
    ...(count !== defaultPaletteSize && { count }),
    ...(region !== 'all' && { region }),
    ...(ignored.length > 0 && { ignore: ignored }),
    ...(ignored.length > 0 && tolerance !== defaultIgnoreTolerance && { tolerance }),
  };
}

/** Palettes to match against, as clients see them. */

import Type, { type Static } from 'typebox';
import { hexPattern, paletteNamePattern } from './pattern-words.ts';

/** Most colours that an own palette may have. */
export const maxPaletteColours = 10_000;
/** Most palettes that one tenant may keep. */
export const maxPalettesPerTenant = 100;
/** Most fields of one's own that a colour may carry (a SKU, a paint code). */
const maxExtraFields = 20;
/** Most different fields of one's own in all colours of a palette: as CSV it has a column for each. */
export const maxPaletteFields = 100;

export const PaletteName = Type.String({
  pattern: paletteNamePattern,
  description: 'lower-case letters, digits, - and _',
});

/** A colour of a palette with whatever fields its owner gave it. */
export const PaletteEntry = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    hex: Type.String({ pattern: hexPattern }),
  },
  {
    $id: 'PaletteEntry',
    maxProperties: 2 + maxExtraFields,
    additionalProperties: Type.Union([
      Type.String({ maxLength: 500 }),
      Type.Number(),
      Type.Boolean(),
      Type.Null(),
      Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 }),
    ]),
  },
);
export type PaletteEntry = { name: string; hex: string; [extra: string]: unknown };

/** JSON body of `PUT /v1/palettes/{name}`. */
export const PaletteBody = Type.Array(PaletteEntry, { minItems: 1, maxItems: maxPaletteColours });

export const PaletteSummary = Type.Object(
  {
    name: Type.String(),
    kind: Type.Enum(['built-in', 'own'], { $id: 'PaletteKind' }),
    size: Type.Integer(),
    url: Type.String(),
  },
  { $id: 'PaletteSummary' },
);
export type PaletteSummary = Static<typeof PaletteSummary>;

export const Palette = Type.Object(
  { ...PaletteSummary.properties, colours: Type.Array(PaletteEntry) },
  { $id: 'Palette' },
);

export const PaletteList = Type.Object(
  { data: Type.Array(PaletteSummary), next: Type.Union([Type.String(), Type.Null()]) },
  { $id: 'PaletteList' },
);

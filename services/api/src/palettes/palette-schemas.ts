/** What the palette routes accept and answer, for validation and for the OpenAPI document. */
import { maxPaletteFields, Palette, PaletteBody, PaletteList, PaletteName, PaletteSummary } from '@tintype/contracts';
import Type from 'typebox';
import { json, nothing, problems, reference } from '../http/route-schemas.ts';

/** What the document names. */
export const paletteSchemas = [Palette, PaletteList, PaletteSummary];

const paletteParams = Type.Object({ name: PaletteName });

export const listPalettesSchema = {
  tags: ['palettes'],
  summary: 'Built-in palettes and your own',
  response: { 200: json('All of them', PaletteList), ...problems },
};

export const getPaletteSchema = {
  tags: ['palettes'],
  summary: 'A palette with its colours',
  description:
    'JSON, or CSV by `Accept: text/csv`; `conflict` where an older palette has too many different fields for columns.',
  params: paletteParams,
  response: {
    200: {
      description: 'The palette',
      content: { 'application/json': { schema: reference(Palette) }, 'text/csv': { schema: { type: 'string' } } },
    },
    304: nothing('Unchanged'),
    ...problems,
  },
};

/** The body is checked by the route, because CSV becomes entries first. */
export const putPaletteSchema = {
  tags: ['palettes'],
  summary: 'Keep a palette of your own',
  description: `A JSON array of \`{name, hex, …}\` or CSV with a header. Other fields come back with every match: up to ${maxPaletteFields} different ones in all colours together. \`If-Match\` and \`If-None-Match: *\` guard against overwriting.`,
  params: paletteParams,
  body: {
    content: {
      'application/json': {
        schema: {
          ...PaletteBody,
          examples: [[{ name: 'Petrol', hex: '#005f6a', sku: 'P-17' }]],
        },
      },
      'text/csv': { schema: { type: 'string', examples: ['name,hex,sku\nPetrol,#005f6a,P-17\n'] } },
    },
  },
  response: {
    200: json('Changed', PaletteSummary),
    201: json('Created', PaletteSummary),
    ...problems,
  },
};

export const removePaletteSchema = {
  tags: ['palettes'],
  summary: 'Forget a palette of your own',
  params: paletteParams,
  response: { 204: nothing('Forgotten'), ...problems },
};

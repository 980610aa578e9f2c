/** What the palette routes accept and answer, for validation and for the OpenAPI document. */
import { maxPaletteFields, Palette, PaletteBody, PaletteList, PaletteName, PaletteSummary } from '@tintype/contracts';
import Type from 'typebox';
import { json, nothing } from '../http/openapi/route-schemas.ts';

const paletteParams = (example: string) => Type.Object({ name: Type.String({ ...PaletteName, examples: [example] }) });

export const listPalettesSchema = {
  operationId: 'listPalettes',
  tags: ['palettes'],
  summary: 'Built-in palettes and your own',
  response: { 200: json('All of them', PaletteList) },
};

export const getPaletteSchema = {
  operationId: 'getPalette',
  tags: ['palettes'],
  summary: 'A palette with its colours',
  description:
    'JSON, or CSV by `Accept: text/csv`; `conflict` where an older palette has too many different fields for columns.',
  params: paletteParams('basic16'),
  response: {
    200: {
      description: 'The palette',
      content: {
        'application/json': { schema: Palette },
        'text/csv': { schema: { type: 'string', examples: ['name,hex\naqua,#00ffff\n'] } },
      },
    },
    304: nothing('Unchanged'),
  },
  problems: ['not_found', 'conflict', 'unreadable_record'] as const,
};

/** The body is checked by the route, because CSV becomes entries first. */
export const putPaletteSchema = {
  operationId: 'putPalette',
  tags: ['palettes'],
  summary: 'Keep a palette of your own',
  description: `A JSON array of \`{name, hex, …}\` or CSV with a header. Other fields come back with every match: up to ${maxPaletteFields} different ones in all colours together. \`If-Match\` and \`If-None-Match: *\` guard against overwriting.`,
  params: paletteParams('brand'),
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
    200: json('Changed', PaletteSummary, { headers: ['ETag'] }),
    201: json('Created', PaletteSummary, { headers: ['ETag'] }),
  },
  problems: ['conflict', 'precondition_failed', 'unreadable_record'] as const,
};

export const removePaletteSchema = {
  operationId: 'deletePalette',
  tags: ['palettes'],
  summary: 'Forget a palette of your own',
  params: paletteParams('brand'),
  response: { 204: nothing('Forgotten') },
  problems: ['not_found', 'conflict', 'precondition_failed', 'unreadable_record'] as const,
};

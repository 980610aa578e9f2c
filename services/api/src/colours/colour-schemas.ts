/** What the colour and palette routes accept and answer, for validation and for the OpenAPI document. */
import { MatchFields, MatchQuery, PaletteBody, PaletteName } from '@tintype/contracts';
import Type from 'typebox';

export const problemAnswer = {
  description: 'A problem',
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
};
const problems = { '4xx': problemAnswer, '5xx': problemAnswer };
const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });
const text = { schema: { type: 'string' } };

const matchAnswers = {
  200: json('The matches, nearest first; several colours answer as a list', {
    oneOf: [{ $ref: 'MatchAnswer#' }, { $ref: 'MatchList#' }],
  }),
  202: json('The picture takes longer than 10 seconds; poll its job', { $ref: 'Thumbnail#' }),
  ...problems,
};

export const matchSchema = {
  tags: ['colours'],
  summary: 'Nearest palette colours of a picture by URL, or of colours',
  querystring: MatchQuery,
  response: matchAnswers,
};

export const matchUploadSchema = {
  tags: ['colours'],
  summary: 'Nearest palette colours of an uploaded picture',
  body: {
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['file'],
          properties: { file: { type: 'string', format: 'binary' }, ...MatchFields.properties },
          additionalProperties: false,
        },
      },
    },
  },
  response: matchAnswers,
};

export const coloursSchema = {
  tags: ['colours'],
  summary: 'A thumbnail’s colours alone',
  description: 'By `Accept`: JSON, CSS custom properties, an SVG strip, or a GIMP palette.',
  params: Type.Object({ id: Type.String({ description: 'id of the thumbnail' }) }),
  response: {
    200: {
      description: 'The colours',
      content: {
        'application/json': { schema: { type: 'object' } },
        'text/css': text,
        'image/svg+xml': text,
        'application/x-gimp-palette': text,
      },
    },
    ...problems,
  },
};

const paletteParams = Type.Object({ name: PaletteName });

export const listPalettesSchema = {
  tags: ['palettes'],
  summary: 'Built-in palettes and your own',
  response: { 200: json('All of them', { $ref: 'PaletteList#' }), ...problems },
};

export const getPaletteSchema = {
  tags: ['palettes'],
  summary: 'A palette with its colours',
  description: 'JSON, or CSV by `Accept: text/csv`.',
  params: paletteParams,
  response: {
    200: {
      description: 'The palette',
      content: { 'application/json': { schema: { $ref: 'Palette#' } }, 'text/csv': text },
    },
    304: { description: 'Unchanged', type: 'null' },
    ...problems,
  },
};

/** The body is checked by the route, because CSV becomes entries first. */
export const putPaletteSchema = {
  tags: ['palettes'],
  summary: 'Keep a palette of your own',
  description:
    'A JSON array of `{name, hex, …}` or CSV with a header. Other fields come back with every match. `If-Match` and `If-None-Match: *` guard against overwriting.',
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
    200: json('Changed', { $ref: 'PaletteSummary#' }),
    201: json('Created', { $ref: 'PaletteSummary#' }),
    ...problems,
  },
};

export const removePaletteSchema = {
  tags: ['palettes'],
  summary: 'Forget a palette of your own',
  params: paletteParams,
  response: { 204: { description: 'Forgotten', type: 'null' }, ...problems },
};

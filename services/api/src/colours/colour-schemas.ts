/** What the colour routes accept and answer, for validation and for the OpenAPI document. */
import { Colours, MatchAnswer, MatchFields, MatchList, MatchQuery, Thumbnail } from '@tintype/contracts';
import Type, { type Static } from 'typebox';
import { jobProblems } from '../http/openapi/problem-schemas.ts';
import { json, pictureForm } from '../http/openapi/route-schemas.ts';
import { IdParams } from '../thumbnails/thumbnail-schemas.ts';

const text = (example: string) => ({ schema: { type: 'string', examples: [example] } });

const jobAnswer = json('The picture takes longer than 10 seconds; poll its job', Thumbnail, {
  examples: ['thumbnail_queued'],
  headers: ['Location'],
});
const problems = [...jobProblems, 'not_found', 'expired'] as const;

export const matchSchema = {
  operationId: 'matchColours',
  tags: ['colours'],
  summary: 'Nearest palette colours of a picture by URL, or of colours',
  description:
    'Either `url` or `hex`. One colour, or a picture, is answered with its matches, several colours with a list.',
  querystring: MatchQuery,
  response: {
    200: json('The matches, nearest first', { anyOf: [MatchAnswer, MatchList] }, { examples: ['match', 'match_list'] }),
    202: jobAnswer,
  },
  problems,
};

export const matchUploadSchema = {
  operationId: 'matchUpload',
  tags: ['colours'],
  summary: 'Nearest palette colours of an uploaded picture',
  body: { content: pictureForm('MatchForm', MatchFields) },
  response: { 200: json('The matches, nearest first', MatchAnswer, { examples: ['match'] }), 202: jobAnswer },
  problems,
};

/** A class, an id or an attribute. */
const quality = String.raw`([.#][A-Za-z_][A-Za-z0-9_-]*|\[[a-z][a-z-]*=[A-Za-z_][A-Za-z0-9_-]*\])`;
const compound = `(:root|:host|[A-Za-z][A-Za-z0-9-]*|${quality})${quality}*`;

/** Of CSS alone. Both stand in the answer as they are: whoever loads it may not be who has chosen them. */
const ColoursQuery = Type.Object(
  {
    prefix: Type.Optional(
      Type.String({
        maxLength: 40,
        pattern: '^[A-Za-z][A-Za-z0-9-]*$',
        description: 'of the custom properties in CSS: `--<prefix>-dominant` (`colour`)',
        examples: ['brand'],
      }),
    ),
    selector: Type.Optional(
      Type.String({
        maxLength: 200,
        pattern: `^${compound}( ${compound})*$`,
        description:
          'what the custom properties are declared for in CSS: elements, classes, ids, attributes, `:root` or `:host` (`:root`)',
        examples: ['.card'],
      }),
    ),
  },
  { additionalProperties: false },
);
export type ColoursQuery = Static<typeof ColoursQuery>;

export const coloursSchema = {
  operationId: 'getColours',
  tags: ['colours'],
  summary: 'A thumbnail’s colours alone',
  description: 'By `Accept`: JSON, CSS custom properties, an SVG strip, or a GIMP palette.',
  params: IdParams,
  querystring: ColoursQuery,
  response: {
    200: {
      description: 'The colours',
      content: {
        ...json('', Colours, { examples: ['colours'] }).content,
        'text/css': text(':root {\n  --colour-dominant: #617390;\n}\n'),
        'image/svg+xml': text('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="10"/>'),
        'application/x-gimp-palette': text('GIMP Palette\nName: Tintype\nColumns: 5\n#\n 92 110 141\tslategray\n'),
      },
    },
  },
  problems: ['not_found', 'expired', 'unreadable_record', 'not_ready'] as const,
};

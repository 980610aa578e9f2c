/** What the colour routes accept and answer, for validation and for the OpenAPI document. */
import { MatchAnswer, MatchFields, MatchList, MatchQuery, Thumbnail } from '@tintype/contracts';
import Type, { type Static } from 'typebox';
import { json, pictureForm, problems, reference } from '../http/route-schemas.ts';
import { IdParams } from '../thumbnails/thumbnail-schemas.ts';

/** What the document names. */
export const matchSchemas = [MatchAnswer, MatchList];

const text = { schema: { type: 'string' } };

const matchAnswers = {
  200: json('The matches, nearest first; several colours answer as a list', {
    oneOf: [reference(MatchAnswer), reference(MatchList)],
  }),
  202: json('The picture takes longer than 10 seconds; poll its job', Thumbnail),
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
  body: { content: pictureForm(MatchFields) },
  response: matchAnswers,
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
  tags: ['colours'],
  summary: 'A thumbnail’s colours alone',
  description: 'By `Accept`: JSON, CSS custom properties, an SVG strip, or a GIMP palette.',
  params: IdParams,
  querystring: ColoursQuery,
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

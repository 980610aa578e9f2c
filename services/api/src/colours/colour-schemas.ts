/** What the colour routes accept and answer, for validation and for the OpenAPI document. */
import { MatchAnswer, MatchFields, MatchList, MatchQuery, Thumbnail } from '@tintype/contracts';
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

export const coloursSchema = {
  tags: ['colours'],
  summary: 'A thumbnail’s colours alone',
  description: 'By `Accept`: JSON, CSS custom properties, an SVG strip, or a GIMP palette.',
  params: IdParams,
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

/** What the thumbnail routes accept and answer, for validation and for the OpenAPI document. */
import { maxRetriedAtOnce, problemCatalogue, ThumbnailRequest, UploadFields } from '@tintype/contracts';
import Type from 'typebox';
import { maxWaitSeconds } from '../http/waiting.ts';

/** Most ids that one look-up may name. */
const maxIds = 100;

const thumbnail = { $ref: 'Thumbnail#' };
const problem = { description: 'A problem', content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } } };
const thumbnailBody = (description: string) => ({
  description,
  content: { 'application/json': { schema: thumbnail } },
});
const pictureTypes = Object.fromEntries(
  ['image/jpeg', 'image/webp', 'image/png', 'image/avif'].map((type) => [
    type,
    { schema: { type: 'string', format: 'binary' } },
  ]),
);
const picture = { description: 'The picture', content: pictureTypes };
const unchanged = { description: 'Unchanged', type: 'null' };
/** What a look-up answers besides the thumbnail where `Accept` or `Range` ask for the picture. */
const lookUpAnswers = {
  202: thumbnailBody('A picture was asked for, and is not ready'),
  206: { description: 'A part of the picture', content: pictureTypes },
  304: unchanged,
  '4xx': problem,
  '5xx': problem,
};

const ReadQuery = {
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: `answer as soon as the job ends, at most after so many seconds (≤ ${maxWaitSeconds}); the header \`Prefer: wait=10\` does the same`,
    }),
  ),
  include: Type.Optional(Type.Enum(['base64'], { description: '`base64` adds the bytes of each rendition' })),
};
const IdParams = Type.Object({ id: Type.String({ description: 'id of the thumbnail' }) });

/** With an example that works when it is tried: the sample is served by this very API. */
export const submitSchemaFor = (publicUrl: string) => ({
  tags: ['thumbnails'],
  summary: 'Hand in a picture by URL or as an upload',
  querystring: Type.Object(ReadQuery),
  body: {
    content: {
      'application/json': {
        schema: Type.Object(ThumbnailRequest.properties, {
          additionalProperties: false,
          examples: [{ url: `${publicUrl}/samples/photo.jpg` }],
        }),
      },
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['file'],
          properties: { file: { type: 'string', format: 'binary' }, ...UploadFields.properties },
          additionalProperties: false,
        },
      },
    },
  },
  response: {
    200: thumbnailBody('The job ended within `wait`'),
    202: thumbnailBody('Accepted; poll `Location`'),
    '4xx': problem,
    '5xx': problem,
  },
});

export const lookUpSchema = {
  tags: ['thumbnails'],
  summary: 'Look up one thumbnail, or several',
  description: `With one \`id\` the answer is as under its own address, with several (≤ ${maxIds}) it is \`{data: […]}\` without the unknown ones.`,
  querystring: Type.Object({
    id: Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: maxIds })]),
    ...ReadQuery,
  }),
  response: {
    200: {
      description: 'The thumbnail, or a list',
      content: {
        'application/json': { schema: { oneOf: [thumbnail, { $ref: 'ThumbnailList#' }] } },
        ...pictureTypes,
      },
    },
    ...lookUpAnswers,
  },
};

export const getSchema = {
  tags: ['thumbnails'],
  summary: 'Look up a thumbnail',
  description: 'With `Accept: image/*` a completed one answers with the picture itself, a pending one with 202.',
  params: IdParams,
  querystring: Type.Object(ReadQuery),
  response: {
    200: {
      description: 'The thumbnail, whatever its status; or its picture',
      content: { 'application/json': { schema: thumbnail }, ...pictureTypes },
    },
    ...lookUpAnswers,
  },
};

export const fileSchema = {
  tags: ['thumbnails'],
  summary: 'The picture itself',
  params: IdParams,
  querystring: Type.Object({
    name: Type.Optional(Type.String({ description: 'name of the rendition' })),
    exp: Type.Optional(Type.String({ description: 'end of a signed link, in seconds since 1970' })),
    sig: Type.Optional(Type.String({ description: 'signature of a signed link: opens without a key' })),
  }),
  response: {
    200: picture,
    206: picture,
    304: unchanged,
    '4xx': problem,
    '5xx': problem,
  },
};

export const cancelSchema = {
  tags: ['thumbnails'],
  summary: 'Cancel a thumbnail, wherever its job is',
  description:
    'A waiting job never begins, a download is aborted, a picture is given up at its next step. Cancelling twice answers the same; 409 when the job had completed or failed before.',
  params: IdParams,
  response: { 200: thumbnailBody('It is cancelled'), '4xx': problem, '5xx': problem },
};

export const deleteSchema = {
  tags: ['thumbnails'],
  summary: 'Delete a thumbnail with its files',
  description:
    'In any status; its job is cancelled. Afterwards everything of it is 410. Deleting twice answers the same.',
  params: IdParams,
  response: { 204: { description: 'It is gone', type: 'null' }, '4xx': problem, '5xx': problem },
};

export const retrySchema = {
  tags: ['thumbnails'],
  summary: 'Try a failed thumbnail again',
  description: 'Under the same id, with all attempts anew; 409 when it has not failed.',
  params: IdParams,
  response: { 202: thumbnailBody('It is queued again; poll `Location`'), '4xx': problem, '5xx': problem },
};

export const bulkRetrySchema = {
  tags: ['thumbnails'],
  summary: 'Try all failed thumbnails of one problem code again',
  description: `Your own ones, at most ${maxRetriedAtOnce} per call; \`remaining\` says how many are left.`,
  querystring: Type.Object({
    code: Type.Enum(Object.keys(problemCatalogue), { description: 'problem code that they failed with' }),
  }),
  response: {
    200: { description: 'They are queued again', content: { 'application/json': { schema: { $ref: 'BulkRetry#' } } } },
    '4xx': problem,
    '5xx': problem,
  },
};

export const timelineSchema = {
  tags: ['thumbnails'],
  summary: 'What happened to a thumbnail, attempt by attempt',
  params: IdParams,
  response: {
    200: { description: 'Every attempt', content: { 'application/json': { schema: { $ref: 'Timeline#' } } } },
    '4xx': problem,
    '5xx': problem,
  },
};

/** What the thumbnail routes accept and answer, for validation and for the OpenAPI document. */
import {
  BulkRetry,
  maxRetriedAtOnce,
  problemCatalogue,
  Thumbnail,
  ThumbnailList,
  ThumbnailLookup,
  ThumbnailRequest,
  Timeline,
  thumbnailListFields,
  UploadFields,
} from '@tintype/contracts';
import { lookedAtPerPage } from '@tintype/jobs';
import Type from 'typebox';
import { json, nothing, pictureForm } from '../http/openapi/route-schemas.ts';
import { maxWaitSeconds } from '../http/waiting.ts';
import { exampleId } from './thumbnail-examples.ts';

/** Most ids that one look-up may name. */
const maxIds = 100;

const pictureTypes = Object.fromEntries(
  ['image/jpeg', 'image/webp', 'image/png', 'image/avif'].map((type) => [
    type,
    { schema: { type: 'string', format: 'binary' } },
  ]),
);
const picture = { description: 'The picture', content: pictureTypes };
const unchanged = nothing('Unchanged');
/** Answers with a file. */
export const pictureAnswers = {
  200: picture,
  206: { ...picture, description: 'The part of it that was asked for' },
  304: unchanged,
};
/** What may keep anybody from seeing a thumbnail. */
const unseen = ['not_found', 'expired', 'unreadable_record'] as const;

const ReadQuery = {
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: `answer as soon as the job ends, at most after so many seconds (more than ${maxWaitSeconds} become ${maxWaitSeconds}, as \`Preference-Applied\` says); the header \`Prefer: wait=10\` does the same`,
      examples: [10],
    }),
  ),
  include: Type.Optional(Type.Enum(['base64'], { description: '`base64` adds the bytes of each rendition' })),
};
/** What a URL says of the answer, beside the options of a picture. */
export const readQueryNames = Object.keys(ReadQuery);
/** Of every route under one thumbnail. */
export const IdParams = Type.Object({
  id: Type.String({ description: 'id of the thumbnail', examples: [exampleId] }),
});

/** A page that fills in every field of a form would make each picture an item, under one and the same name. */
const { library: _library, ...fieldsOfForms } = UploadFields.properties;
const documentedFields = Type.Object(fieldsOfForms, { additionalProperties: false });

/** With examples that work when they are tried: the sample is served by this very API. */
export const submitSchemaFor = (publicUrl: string) => ({
  operationId: 'createThumbnail',
  tags: ['thumbnails'],
  summary: 'Hand in a picture by URL or as an upload',
  description:
    'As JSON with its URL, as a form, or as the body itself (`curl --data-binary @photo.jpg`); the options of the last stand in the URL, as in `?width=200`. A form with several `file` parts makes a batch, and is answered as `POST /v1/batches` is. A form may say `library.name`, `library.caption` and `library.tags` too.',
  querystring: Type.Object(ReadQuery),
  body: {
    content: {
      'application/json': {
        schema: Type.Object(ThumbnailRequest.properties, {
          title: 'ThumbnailRequest',
          additionalProperties: false,
          'x-examples': {
            url: { summary: 'A URL alone', value: { url: `${publicUrl}/samples/photo.jpg` } },
            options: {
              summary: 'With options',
              value: {
                url: `${publicUrl}/samples/photo.jpg`,
                width: 200,
                height: 150,
                format: 'webp',
                colours: { count: 8 },
              },
            },
          },
        }),
      },
      ...pictureForm('ThumbnailForm', documentedFields),
      'image/*': { schema: { type: 'string', format: 'binary' } },
    },
  },
  response: {
    200: json('The job ended within `wait`', Thumbnail, {
      examples: ['thumbnail_completed', 'thumbnail_failed', 'thumbnail_cancelled'],
      headers: ['Location', 'ETag'],
    }),
    202: json('Accepted; poll `Location`', Thumbnail, {
      examples: ['thumbnail_queued'],
      headers: ['Location', 'ETag'],
    }),
  },
  problems: [...unseen, 'not_an_image', 'unsupported_format'] as const,
});

/** Beside the list, both spellings of a look-up; in the document each of those has an address and an answer of its own. */
export const listSchema = {
  operationId: 'listThumbnails',
  tags: ['thumbnails'],
  summary: 'List your own thumbnails, the newest first',
  description: `Go on with \`cursor=\` and the \`next\` of a page until that is null. A page looks at ${lookedAtPerPage} thumbnails at most, so one of \`status=completed\` or of a \`code\` may have fewer than \`limit\`, even none, before the last one. They are in the order of their ids, and \`created_after\` goes by these too.`,
  documentedQuery: Type.Object(thumbnailListFields),
  querystring: Type.Object({
    ...thumbnailListFields,
    id: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: maxIds })])),
    ...ReadQuery,
  }),
  response: {
    200: json('A page of them', ThumbnailList, { examples: ['listed'] }),
  },
  problems: ['not_found', 'expired'] as const,
};

export const lookUpSchema = {
  operationId: 'lookUpThumbnails',
  tags: ['thumbnails'],
  summary: 'Look up several thumbnails',
  description:
    'Unknown ids are left out; of a thumbnail whose record cannot be read there are `id` and `error` alone. `GET /v1/thumbnails?id=a&id=b` answers the same.',
  querystring: Type.Object({
    id: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: maxIds,
      description: 'ids of thumbnails',
      examples: [[exampleId]],
    }),
  }),
  response: {
    200: json('Those that exist, in the order asked for', ThumbnailLookup, { examples: ['looked_up'] }),
  },
};

export const getSchema = {
  operationId: 'getThumbnail',
  tags: ['thumbnails'],
  summary: 'Look up a thumbnail',
  description:
    'With `Accept: image/*` a completed one answers with the picture itself, a pending one with 202. `GET /v1/thumbnails?id=` with one id answers the same.',
  params: IdParams,
  querystring: Type.Object(ReadQuery),
  response: {
    200: json('The thumbnail, whatever its status', Thumbnail, {
      examples: ['thumbnail_completed', 'thumbnail_failed', 'thumbnail_cancelled', 'thumbnail_queued'],
    }),
    202: json('The picture itself was asked for, and is not ready', Thumbnail, { examples: ['thumbnail_queued'] }),
    304: unchanged,
  },
  problems: unseen,
};

export const fileSchema = {
  operationId: 'getThumbnailFile',
  tags: ['thumbnails'],
  summary: 'The picture itself',
  params: IdParams,
  querystring: Type.Object({
    name: Type.Optional(Type.String({ description: 'name of the rendition', examples: ['default'] })),
    exp: Type.Optional(Type.String({ description: 'end of a signed link, in seconds since 1970' })),
    sig: Type.Optional(Type.String({ description: 'signature of a signed link: opens without a key' })),
  }),
  response: pictureAnswers,
  problems: [...unseen, 'not_ready', 'range_not_satisfiable'] as const,
};

export const cancelSchema = {
  operationId: 'cancelThumbnail',
  tags: ['thumbnails'],
  summary: 'Cancel a thumbnail, wherever its job is',
  description:
    'A waiting job never begins, a download is aborted, a picture is given up at its next step. Cancelling twice answers the same; 409 when the job had completed or failed before.',
  params: IdParams,
  response: { 200: json('It is cancelled', Thumbnail, { examples: ['thumbnail_cancelled'] }) },
  problems: [...unseen, 'conflict'] as const,
};

export const deleteSchema = {
  operationId: 'deleteThumbnail',
  tags: ['thumbnails'],
  summary: 'Delete a thumbnail with its files',
  description:
    'In any status; its job is cancelled. Afterwards everything of it is 410. Deleting twice answers the same.',
  params: IdParams,
  response: { 204: nothing('It is gone') },
  problems: ['not_found'] as const,
};

export const retrySchema = {
  operationId: 'retryThumbnail',
  tags: ['thumbnails'],
  summary: 'Try a failed thumbnail again',
  description: 'Under the same id, with all attempts anew; 409 when it has not failed.',
  params: IdParams,
  response: {
    202: json('It is queued again; poll `Location`', Thumbnail, {
      examples: ['thumbnail_queued'],
      headers: ['Location'],
    }),
  },
  problems: [...unseen, 'conflict'] as const,
};

export const bulkRetrySchema = {
  operationId: 'retryThumbnails',
  tags: ['thumbnails'],
  summary: 'Try all failed thumbnails of one problem code again',
  description: `Your own ones, at most ${maxRetriedAtOnce} per call, and no more than your quota of jobs has left; \`remaining\` says how many are left.`,
  querystring: Type.Object({
    code: Type.Enum(Object.keys(problemCatalogue), {
      description: 'problem code that they failed with',
      examples: ['source_status'],
    }),
  }),
  response: {
    200: json('They are queued again', BulkRetry),
  },
  problems: ['storage_full'] as const,
};

export const timelineSchema = {
  operationId: 'getTimeline',
  tags: ['thumbnails'],
  summary: 'What happened to a thumbnail, attempt by attempt',
  params: IdParams,
  response: {
    200: json('Every attempt', Timeline, { examples: ['timeline'] }),
  },
  problems: unseen,
};

/** The Batch resource: many pictures that were handed in together, as clients see it. */
import Type, { type Static } from 'typebox';
import { ProblemDocument, ProblemPlace } from './problem-document.ts';
import { Thumbnail, ThumbnailRequest, UploadFields } from './thumbnail.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

/** Most pictures of one batch. */
export const maxBatchItems = 500;
/** Items that one answer tells of, at most. */
export const batchPageItems = 100;

const envelopeFields = {
  defaults: Type.Optional(
    Type.Object(UploadFields.properties, {
      $id: 'BatchDefaults',
      additionalProperties: false,
      description: 'options of every item that does not say them itself, by name or by a preset of its own',
    }),
  ),
  metadata: Type.Optional(UploadFields.properties.metadata),
};

/** JSON body of `POST /v1/batches`. */
export const BatchRequest = Type.Object(
  {
    items: Type.Array(ThumbnailRequest, {
      minItems: 1,
      maxItems: maxBatchItems,
      description:
        'each as for `POST /v1/thumbnails`; one that cannot be taken keeps its problem, and the others go on',
    }),
    ...envelopeFields,
  },
  { $id: 'BatchRequest', additionalProperties: false },
);

/** The same before its items are looked at, each for itself. */
export const BatchEnvelope = Type.Object(
  { items: Type.Array(Type.Unknown(), { minItems: 1, maxItems: maxBatchItems }), ...envelopeFields },
  { additionalProperties: false },
);
export type BatchEnvelope = Static<typeof BatchEnvelope>;

export const batchStatuses = ['queued', 'processing', 'completed'] as const;
export type BatchStatus = (typeof batchStatuses)[number];

export const BatchCounts = Type.Object(
  {
    total: Type.Integer({ description: 'items that were handed in: the sum of the others' }),
    queued: Type.Integer(),
    processing: Type.Integer(),
    completed: Type.Integer(),
    failed: Type.Integer({ description: 'items that could not be taken are among them' }),
    cancelled: Type.Integer({ description: 'items that were deleted before their end are among them' }),
  },
  { $id: 'BatchCounts' },
);
export type BatchCounts = Static<typeof BatchCounts>;

/** One object with optional fields, as of a look-up: a choice between two objects is hard to use. */
export const BatchItem = Type.Object(
  {
    index: Type.Integer({ description: 'its place in the request, from 0' }),
    ...Type.Partial(Thumbnail).properties,
    error: Type.Union([ProblemDocument, Type.Null()], {
      description: 'why the job failed, or why there is none: then everything besides it, `index` and `id` is absent',
    }),
  },
  { $id: 'BatchItem' },
);
export type BatchItem = Static<typeof BatchItem>;

const Time = Type.String({ format: 'date-time' });

export const Batch = Type.Object(
  {
    id: Type.String({ pattern: thumbnailIdPattern }),
    status: Type.Enum(batchStatuses, {
      $id: 'BatchStatus',
      description: 'completed: every item has ended, in whatever way; the counts say how',
    }),
    counts: BatchCounts,
    metadata: Type.Record(Type.String(), Type.Unknown()),
    created_at: Time,
    completed_at: Type.Optional(Time),
    expires_at: Time,
    links: Type.Object(
      {
        self: Type.String(),
        cancel: Type.Optional(Type.String({ description: 'POST it; there while an item has not ended' })),
      },
      { $id: 'BatchLinks' },
    ),
    items: Type.Array(BatchItem, {
      description: `in the order of the request, at most ${batchPageItems} in an answer`,
    }),
    next: Type.Union([Type.String(), Type.Null()], { description: '`cursor` of the next items; null behind the last' }),
  },
  { $id: 'Batch' },
);
export type Batch = Static<typeof Batch>;

/** Why an item never became a job, as it is stored. */
export const StoredItemProblem = Type.Object({
  code: Type.String(),
  detail: Type.String(),
  retryable: Type.Boolean(),
  errors: Type.Optional(Type.Array(ProblemPlace)),
});

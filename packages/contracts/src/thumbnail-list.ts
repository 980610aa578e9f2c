/** The list of a tenant's own thumbnails: what may be asked for, and a page of it. */
import Type, { type Static } from 'typebox';
import { problemCatalogue } from './problem.ts';
import { LookedUpThumbnail, ThumbnailStatusWord } from './thumbnail.ts';

/** Thumbnails on one page: at most, and unless something else is said. */
export const listLimits = { most: 100, usual: 20 } as const;

/** Query of `GET /v1/thumbnails`. */
export const thumbnailListFields = {
  status: Type.Optional(Type.Enum(ThumbnailStatusWord.enum, { description: 'only those of this status' })),
  code: Type.Optional(
    Type.Enum(Object.keys(problemCatalogue), {
      description: 'only failed ones with this problem code',
      examples: ['source_status'],
    }),
  ),
  batch: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'only items of the batch with this id',
      examples: ['01a22189-1368-7000-9c52-7d0f0b6e41aa'],
    }),
  ),
  created_after: Type.Optional(
    Type.String({
      format: 'date-time',
      maxLength: 40,
      description: 'only those that were made after this time, to the millisecond',
      examples: ['2026-01-01T00:00:00Z'],
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: listLimits.most,
      description: `thumbnails on a page (${listLimits.usual})`,
      examples: [50],
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 100, description: '`next` of the page before, with the same filters' }),
  ),
};

/** A page of `GET /v1/thumbnails`. */
export const ThumbnailList = Type.Object(
  {
    data: Type.Array(LookedUpThumbnail, { description: 'the newest first' }),
    next: Type.Union([Type.String(), Type.Null()], { description: 'cursor of the next page; null on the last one' }),
  },
  { $id: 'ThumbnailList' },
);
export type ThumbnailList = Static<typeof ThumbnailList>;

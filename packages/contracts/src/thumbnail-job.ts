/** What travels through the queue: the job and its result as they are stored, and as the code knows them. */
import Type, { type Static } from 'typebox';
import { ColourOptions } from './colour-options.ts';
import { acceptedFormats } from './media-signature.ts';
import { NamedRendition, type PictureOrder, ReadOptions } from './picture-order.ts';
import { outputFormats, Rendition } from './rendition.ts';
import { jobPriorities, jobSteps } from './thumbnail.ts';

/** Name of the queue; the key prefix carries the shard. */
export const thumbnailQueueName = 'thumbnails';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

export const JobSource = Type.Union([
  Type.Object({
    url: Type.String({ description: 'as the client knows it' }),
    fetchUrl: Type.Optional(Type.String({ description: 'where workers reach it, when that differs' })),
  }),
  Type.Object({ upload: Sha256, bytes: Type.Integer({ minimum: 1 }) }),
]);
export type JobSource = Static<typeof JobSource>;

/** Who waits for the end of a job beside its client, and must hear of it whatever happens. */
export const outboxNames = ['webhooks', 'library'] as const;
export type OutboxName = (typeof outboxNames)[number];

/** Whether the file that the job was made from is kept as long as the job: an item of the library keeps it for good. */
export function keepsSource({ outbox = [] }: { outbox?: readonly OutboxName[] }): boolean {
  return outbox.includes('library');
}

/**
 * The data of a thumbnail job as Redis keeps it. Bytes never travel here: an upload is named by its sha256 in the
 * storage. Fields are only ever added: a version reads what every earlier one has written, and an earlier one reads
 * what it can do.
 */
export const StoredJobData = Type.Object({
  /** The version of records that a reader must know (`recordVersions`); absent before there was one. */
  v: Type.Optional(Type.Integer({ minimum: 1 })),
  tenant: Type.String({ minLength: 1 }),
  source: JobSource,
  /** The first rendition, and how colours are found: all that version 1 knows. */
  options: Type.Object({
    ...Rendition.properties,
    colours: Type.Optional(ColourOptions),
  }),
  only: Type.Optional(Type.Literal('colours', { description: 'the colours are wanted, and no thumbnail' })),
  /** All renditions, where `options` does not tell everything (version 2). */
  renditions: Type.Optional(Type.Array(NamedRendition)),
  /** How the picture is read, where that is not as usual (version 2). */
  reading: Type.Optional(ReadOptions),
  priority: Type.Enum(jobPriorities),
  expiresAtMs: Type.Integer({ minimum: 0, maximum: 8.64e15 }),
  hidesNames: Type.Optional(
    Type.Literal(true, { description: 'whether a source’s name exists is not told from whether it may be fetched' }),
  ),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  requestId: Type.Optional(Type.String()),
  /** Absent when it follows from the request's id. */
  traceparent: Type.Optional(Type.String({ description: 'W3C Trace Context of the request' })),
  outbox: Type.Optional(Type.Array(Type.Enum(outboxNames), { description: 'who must hear of its end (version 2)' })),
  batch: Type.Optional(Type.String({ description: 'id of the batch that counts its end (version 2)' })),
});
export type StoredJobData = Static<typeof StoredJobData>;

/** A thumbnail job as the code knows it. */
export type ThumbnailJobData = Omit<StoredJobData, 'v' | 'options' | 'only' | 'renditions' | 'reading'> & {
  /** No renditions: the colours alone are wanted. */
  order: PictureOrder & { colours: ColourOptions };
};

const Hex = Type.String({ pattern: '^#[0-9a-f]{6}$' });
const Swatch = Type.Object({ hex: Hex, share: Type.Number(), name: Type.String() });
const NamedColour = Type.Object({ hex: Hex, name: Type.String() });

/** Colours as they are stored: what follows from a hex by arithmetic is added when they are read. */
export const StoredColours = Type.Object({
  dominant: Type.Union([Swatch, Type.Null()]),
  background: Type.Union([
    Type.Object({ hex: Hex, name: Type.String(), confidence: Type.Number() }),
    Type.Literal('transparent'),
    Type.Null(),
  ]),
  average: Type.Union([NamedColour, Type.Null()]),
  accent: Type.Union([NamedColour, Type.Null()]),
  palette: Type.Array(Swatch),
  text: Type.Union([Hex, Type.Null()]),
  contrast: Type.Union([Type.Number(), Type.Null()]),
  scheme: Type.Union([Type.Enum(['light', 'dark']), Type.Null()]),
  transparentShare: Type.Number(),
  /** As packages/colour writes them; absent in what was found before there were any. */
  swatches: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+/]{24}$' })),
});
export type StoredColours = Static<typeof StoredColours>;

export const StoredRendition = Type.Object({
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  format: Type.Enum(outputFormats),
  bytes: Type.Integer(),
  sha256: Sha256,
});
export type StoredRendition = Static<typeof StoredRendition>;

/** Milliseconds spent per step. */
export const StepTimings = Type.Partial(Type.Record(Type.Enum(jobSteps), Type.Number()));
export type StepTimings = Static<typeof StepTimings>;

/** What the source said of its answer, for the next job with its URL. */
export const SourceValidity = Type.Object({
  etag: Type.Optional(Type.String()),
  modifiedAtMs: Type.Optional(Type.Integer({ description: 'Last-Modified' })),
  redirectedTo: Type.Optional(Type.String({ description: 'hash of the URL that answered, where it was another one' })),
  freshUntilMs: Type.Optional(Type.Integer()),
});
export type SourceValidity = Static<typeof SourceValidity>;

/** Return value of a thumbnail job: BullMQ keeps it in the job's hash. */
export const ThumbnailJobResult = Type.Object({
  /** As of a job's data. */
  v: Type.Optional(Type.Integer({ minimum: 1 })),
  source: Type.Object({
    sha256: Sha256,
    bytes: Type.Integer(),
    width: Type.Integer(),
    height: Type.Integer(),
    format: Type.Enum(acceptedFormats),
    hasAlpha: Type.Boolean(),
    isDamaged: Type.Optional(Type.Literal(true)),
  }),
  renditions: Type.Array(StoredRendition),
  colours: StoredColours,
  thumbhash: Type.String(),
  cache: Type.Enum(['miss', 'hit']),
  /** Absent where nothing is known, or nothing may be kept (`no-store`). */
  validity: Type.Optional(SourceValidity),
  timingsMs: StepTimings,
});
export type ThumbnailJobResult = Static<typeof ThumbnailJobResult>;

/** The same as it is stored. */
export const StoredJobResult = Type.Object({
  ...ThumbnailJobResult.properties,
  /** Milliseconds by step, null where there was none: `timingsMs` is empty then, for readers that know nothing of this. */
  times: Type.Optional(Type.Array(Type.Union([Type.Number(), Type.Null()]))),
});

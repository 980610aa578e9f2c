/** What travels through the queue: the job's data and its result, checked at the worker's door. */
import Type, { type Static } from 'typebox';
import { acceptedFormats } from './media-signature.ts';
import { ColourOptions, jobPriorities, jobSteps, outputFormats, thumbnailFits } from './thumbnail.ts';

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

/** Data of a thumbnail job. Bytes never travel here: an upload is named by its sha256 in the storage. */
export const ThumbnailJobData = Type.Object({
  tenant: Type.String({ minLength: 1 }),
  source: JobSource,
  options: Type.Object({
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    fit: Type.Enum(thumbnailFits),
    format: Type.Enum(['auto', ...outputFormats]),
    quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    background: Type.Optional(Type.String()),
    colours: Type.Optional(ColourOptions),
  }),
  only: Type.Optional(Type.Literal('colours', { description: 'the colours are wanted, and no thumbnail' })),
  priority: Type.Enum(jobPriorities),
  expiresAtMs: Type.Integer(),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  requestId: Type.Optional(Type.String()),
  traceparent: Type.Optional(Type.String({ description: 'W3C Trace Context of the request' })),
});
export type ThumbnailJobData = Static<typeof ThumbnailJobData>;

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

/** Return value of a thumbnail job: BullMQ keeps it in the job's hash. */
export const ThumbnailJobResult = Type.Object({
  source: Type.Object({
    sha256: Sha256,
    bytes: Type.Integer(),
    width: Type.Integer(),
    height: Type.Integer(),
    format: Type.Enum(acceptedFormats),
    hasAlpha: Type.Boolean(),
  }),
  renditions: Type.Array(StoredRendition),
  colours: StoredColours,
  thumbhash: Type.String(),
  cache: Type.Enum(['miss', 'hit']),
  timingsMs: StepTimings,
});
export type ThumbnailJobResult = Static<typeof ThumbnailJobResult>;

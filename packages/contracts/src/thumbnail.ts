/** The Thumbnail resource and the request that makes one, as clients see them. */
import Type, { type Static } from 'typebox';
import { ColourRequest } from './colour-options.ts';
import { ItemWords } from './item-words.ts';
import { acceptedFormats } from './media-signature.ts';
import { ReadOptions } from './picture-order.ts';
import { Problem } from './problem.ts';
import { ProblemDocument } from './problem-document.ts';
import { outputFormats } from './rendition.ts';
import { ChosenPreset, RenditionRequest, Sizes } from './rendition-request.ts';
import { thumbnailIdPattern } from './thumbnail-id.ts';

export const thumbnailStatuses = ['queued', 'processing', 'completed', 'failed', 'cancelled'] as const;
/** The worker's steps in their order; also the words of `progress.step`. */
export const jobSteps = ['fetch', 'recall', 'decode', 'resize', 'colours', 'store'] as const;
export const jobPriorities = ['high', 'normal', 'low'] as const;

export type ThumbnailStatus = (typeof thumbnailStatuses)[number];
export type JobStep = (typeof jobSteps)[number];
export type JobPriority = (typeof jobPriorities)[number];

/** Most that `metadata` may take, as JSON. */
export const maxMetadataBytes = 2048;
export const maxUrlLength = 8192;
/** Longest life that a request may ask for: a year. */
export const maxExpirySeconds = 31_536_000;

export const ThumbnailStatusWord = Type.Enum(thumbnailStatuses, { $id: 'ThumbnailStatus' });
export const JobStepWord = Type.Enum(jobSteps, { $id: 'JobStep' });
const Format = Type.Enum(outputFormats, { $id: 'OutputFormat' });

const optionFields = {
  ...RenditionRequest.properties,
  sizes: Type.Optional(Sizes),
  preset: Type.Optional(ChosenPreset),
  ...ReadOptions.properties,
  colours: Type.Optional(ColourRequest),
  priority: Type.Optional(
    Type.Enum(jobPriorities, {
      $id: 'RequestedPriority',
      default: 'normal',
      description:
        'among your own jobs; high ones pass those of others too, where no key is needed or it has the scope priority',
    }),
  ),
  expires_in_seconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxExpirySeconds,
      description: 'life of the thumbnail, from this request on (RESULT_TTL_SECONDS)',
      examples: [86_400],
    }),
  ),
  library: Type.Optional(ItemWords),
  metadata: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
      $id: 'RequestMetadata',
      maxProperties: 20,
      examples: [{ article: 'A-1204' }],
      description: 'your own words, given back as they are (at most 2 kB)',
    }),
  ),
};

/** JSON body of `POST /v1/thumbnails`. */
export const ThumbnailRequest = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: maxUrlLength,
      description: 'http or https address of a picture',
      examples: ['https://example.org/photo.jpg'],
    }),
    ...optionFields,
  },
  { $id: 'ThumbnailRequest', additionalProperties: false },
);
export type ThumbnailRequest = Static<typeof ThumbnailRequest>;

/** Fields beside the `file` part of a multipart `POST /v1/thumbnails`. */
export const UploadFields = Type.Object(optionFields, { additionalProperties: false });
export type UploadFields = Static<typeof UploadFields>;

/**
 * The URL in the form in which it is fetched. Throws `invalid_request` when it is not an http(s) URL or carries
 * a user name or password (they would end up in records and logs).
 */
export function parseSourceUrl(text: string): string {
  const refuse = (detail: string) =>
    new Problem('invalid_request', { detail: `/url ${detail}.`, errors: [{ pointer: '/url', detail }] });
  if (!URL.canParse(text)) throw refuse('must be an absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('must start with http:// or https://');
  if (url.username !== '' || url.password !== '') throw refuse('must not contain a user name or password');
  url.hash = '';
  return url.href;
}

const Hex = Type.String({ $id: 'Hex', pattern: '^#[0-9a-f]{6}$', examples: ['#1e3a5f'] });
const colourFields = {
  hex: Hex,
  rgb: Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), { minItems: 3, maxItems: 3 }),
  oklch: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
    minItems: 3,
    maxItems: 3,
    description: 'lightness 0…1, chroma, hue in degrees (null for greys)',
  }),
  name: Type.String({ description: 'nearest CSS colour name by CIEDE2000' }),
};
const Share = Type.Number({ minimum: 0, maximum: 1, description: 'part of the opaque pixels' });

export const Colour = Type.Object(colourFields, { $id: 'Colour' });
export const ColourWithShare = Type.Object({ ...colourFields, share: Share }, { $id: 'ColourWithShare' });
export const BackgroundColour = Type.Object(
  {
    ...colourFields,
    confidence: Type.Number({ minimum: 0, maximum: 1, description: 'its part of the band along the edges' }),
  },
  { $id: 'BackgroundColour' },
);
/** What is behind the subject: a colour, nothing at all, or not to be told. */
export const Background = Type.Union([
  BackgroundColour,
  Type.Literal('transparent', { $id: 'TransparentBackground' }),
  Type.Null(),
]);

const Swatch = Type.Union([Colour, Type.Null()]);
/** As Android's Palette and node-vibrant choose them. */
const Swatches = Type.Object(
  {
    vibrant: Swatch,
    light_vibrant: Swatch,
    dark_vibrant: Swatch,
    muted: Swatch,
    light_muted: Swatch,
    dark_muted: Swatch,
  },
  {
    $id: 'Swatches',
    description: 'null where the picture has no such colour; absent in what was found before there were swatches',
  },
);

export const Colours = Type.Object(
  {
    dominant: Type.Union([ColourWithShare, Type.Null()]),
    background: Background,
    average: Type.Union([Colour, Type.Null()]),
    accent: Type.Union([Colour, Type.Null()]),
    palette: Type.Array(ColourWithShare),
    swatches: Type.Optional(Swatches),
    text: Type.Union([Hex, Type.Null()], {
      description: 'black or white: the better readable one on the dominant colour',
    }),
    contrast: Type.Union([Type.Number(), Type.Null()], { description: 'WCAG contrast of text on dominant' }),
    scheme: Type.Union([Type.Enum(['light', 'dark'], { $id: 'Scheme' }), Type.Null()]),
    transparent_share: Type.Number({ minimum: 0, maximum: 1 }),
  },
  { $id: 'Colours' },
);
export type Colours = Static<typeof Colours>;

const ThumbnailSource = Type.Object(
  {
    kind: Type.Enum(['url', 'upload'], { $id: 'SourceKind' }),
    sha256: Type.Optional(Type.String()),
    bytes: Type.Optional(Type.Integer()),
    width: Type.Optional(Type.Integer({ description: 'as it is looked at: after EXIF rotation' })),
    height: Type.Optional(Type.Integer()),
    format: Type.Optional(Type.Enum(acceptedFormats, { $id: 'SourceFormat' })),
    has_alpha: Type.Optional(Type.Boolean()),
    fresh_until: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'until then the source’s own Cache-Control or Expires allows to use its picture without asking it again; a day at most',
      }),
    ),
    damaged: Type.Optional(
      Type.Literal(true, { description: 'only what could be read of it is shown: `on_damage` was `accept`' }),
    ),
  },
  { $id: 'ThumbnailSource' },
);

/** A thumbnail that was made. */
export const MadeRendition = Type.Object(
  {
    name: Type.String(),
    width: Type.Integer(),
    height: Type.Integer(),
    format: Format,
    bytes: Type.Integer(),
    sha256: Type.String(),
    url: Type.String(),
    base64: Type.Optional(Type.String({ description: 'only with `include=base64`' })),
  },
  { $id: 'Rendition' },
);

const milliseconds = Type.Optional(Type.Number({ minimum: 0 }));
const Timings = Type.Object(
  {
    queued_ms: milliseconds,
    fetch_ms: milliseconds,
    recall_ms: milliseconds,
    decode_ms: milliseconds,
    resize_ms: milliseconds,
    colours_ms: milliseconds,
    store_ms: milliseconds,
    total_ms: milliseconds,
  },
  { $id: 'Timings' },
);

const Time = Type.String({ format: 'date-time' });

const Placeholder = Type.Object({ thumbhash: Type.String({ description: 'base64' }) }, { $id: 'Placeholder' });
const Progress = Type.Object({ percent: Type.Integer(), step: JobStepWord }, { $id: 'Progress' });
const QueuePlace = Type.Object(
  {
    position: Type.Optional(Type.Integer({ description: '0 is next' })),
    eta_ms: Type.Optional(
      Type.Number({
        description:
          'roughly until it begins, by how fast the queue drains; absent when unknown, and while its lane is paused',
      }),
    ),
    priority: Type.Enum(jobPriorities, { $id: 'Priority' }),
  },
  { $id: 'QueuePlace' },
);
const Links = Type.Object(
  {
    self: Type.String(),
    file: Type.String(),
    cancel: Type.Optional(Type.String({ description: 'POST it; there while the job can be cancelled' })),
  },
  { $id: 'Links' },
);
/** Whether earlier work of the same tenant was used. */
export const CacheUse = Type.Enum(['miss', 'hit'], { $id: 'CacheUse' });

/** The same object in the answers of POST and GET. What the work finds out is absent until it is known. */
export const Thumbnail = Type.Object(
  {
    id: Type.String({ pattern: thumbnailIdPattern }),
    status: ThumbnailStatusWord,
    url: Type.Union([Type.String(), Type.Null()], { description: 'where the picture came from; null for an upload' }),
    resized_url: Type.Optional(
      Type.String({ description: 'the picture, once the job is completed; a failed or cancelled one has none' }),
    ),
    source: ThumbnailSource,
    renditions: Type.Optional(Type.Array(MadeRendition)),
    colours: Type.Optional(Colours),
    placeholder: Type.Optional(Placeholder),
    progress: Type.Optional(Progress),
    queue: Type.Optional(QueuePlace),
    cache: Type.Optional(CacheUse),
    attempts: Type.Integer(),
    last_error: Type.Optional(ProblemDocument),
    next_attempt_at: Type.Optional(Time),
    error: Type.Union([ProblemDocument, Type.Null()]),
    metadata: Type.Record(Type.String(), Type.Unknown()),
    timings: Type.Optional(Timings),
    created_at: Time,
    started_at: Type.Optional(Time),
    completed_at: Type.Optional(Time),
    expires_at: Time,
    links: Links,
  },
  { $id: 'Thumbnail' },
);
export type Thumbnail = Static<typeof Thumbnail>;

/**
 * What a look-up of several says of each: all of the thumbnail; of one whose record cannot be read, its id and why. One
 * object with optional fields, because what generators make of a choice between two objects is hard to use.
 */
export const LookedUpThumbnail = Type.Object(
  {
    ...Type.Partial(Thumbnail).properties,
    id: Thumbnail.properties.id,
    error: Type.Union([ProblemDocument, Type.Null()], {
      description: 'why the job failed; with `unreadable_record` everything besides it and `id` is absent',
    }),
  },
  { $id: 'LookedUpThumbnail' },
);
export type LookedUpThumbnail = Static<typeof LookedUpThumbnail>;

/** Answer of `GET /v1/thumbnails/lookup?id=a&id=b`, and of `GET /v1/thumbnails?id=a&id=b`. */
export const ThumbnailLookup = Type.Object(
  {
    data: Type.Array(LookedUpThumbnail, { description: 'in the order asked for, without the unknown ones' }),
    next: Type.Null({ description: 'a look-up has no further page' }),
  },
  { $id: 'ThumbnailLookup' },
);
export type ThumbnailLookup = Static<typeof ThumbnailLookup>;

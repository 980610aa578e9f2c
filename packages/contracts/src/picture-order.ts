/** What is to be made of a picture: one schema for requests, jobs, child processes and fingerprints. */

import Type, { type Static } from 'typebox';
import { backgroundPattern } from './pattern-words.ts';
import { usualRendition as usual } from './usual-rendition.ts';
import { parse } from './validation.ts';

const thumbnailFits = ['cover', 'contain', 'inside', 'outside', 'fill'] as const;
export const outputFormats = ['jpeg', 'webp', 'png', 'avif'] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** Longest side of a thumbnail, in pixels. */
const maxThumbnailSidePixels = 2000;
/** Most thumbnails that are made of one picture. */
export const maxRenditions = 12;
/** The name of the thumbnail that is asked for without one. */
export const defaultRenditionName = 'default';

const formatMeaning = 'auto: JPEG, or WebP when the picture has transparency';

const side = (name: string, pixels: number) =>
  Type.Integer({
    $id: name,
    minimum: 1,
    maximum: maxThumbnailSidePixels,
    default: pixels,
    description: 'pixels',
    examples: [pixels],
  });

/**
 * Options of one thumbnail, with every default filled in. A new option is a field here, and what it does is a step of
 * packages/picture: requests, jobs, child processes, fingerprints and the OpenAPI document follow.
 */
export const Rendition = Type.Object(
  {
    width: side('Width', usual.width),
    height: side('Height', usual.height),
    fit: Type.Enum(thumbnailFits, {
      $id: 'Fit',
      default: usual.fit,
      description:
        'cover: fills the box, cut at the edges · contain: whole picture in the box on `background` · inside, outside: the largest or smallest size that fits in or around the box · fill: stretched',
    }),
    format: Type.Enum(['auto', ...outputFormats], {
      $id: 'RequestedFormat',
      default: usual.format,
      description: formatMeaning,
    }),
    quality: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: 'of a lossy format (JPEG 80, WebP 80, AVIF 50)',
        examples: [80],
      }),
    ),
    background: Type.Optional(
      Type.String({
        pattern: backgroundPattern,
        description: 'behind a transparent or contained picture: `#rrggbb` or `transparent`',
        examples: ['#ffffff'],
      }),
    ),
  },
  { additionalProperties: false },
);
export type Rendition = Static<typeof Rendition>;

const { format: _format, ...renditionRequestFields } = Type.Partial(Rendition).properties;
/** The same as clients say it: nothing is required, and JPEG may be called by the end of its files' names. */
export const RenditionRequest = Type.Object({
  ...renditionRequestFields,
  format: Type.Optional(
    Type.Enum(['auto', ...outputFormats, 'jpg'], {
      default: usual.format,
      description: `${formatMeaning} · jpg: jpeg`,
    }),
  ),
});
export type RenditionRequest = Static<typeof RenditionRequest>;

const renditionNames = Object.keys(Rendition.properties);

/**
 * A request's options of one thumbnail, with defaults filled in and in one spelling: equal ones on equal bytes are
 * equal work.
 */
export function renditionOf(request: RenditionRequest): Rendition {
  const said = request.format === 'jpg' ? { ...request, format: 'jpeg' } : request;
  const given = Object.entries(said).filter(([name, value]) => renditionNames.includes(name) && value !== undefined);
  const rendition = parse(Rendition, Object.fromEntries(given), { isOurs: true });
  const { background } = rendition;
  return background === undefined ? rendition : { ...rendition, background: background.toLowerCase() };
}

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

/** Where colours are read from: all of the picture, its rim, its middle, or a box given as parts of its sides. */
export const ColourRegion = Type.Union(
  [
    Type.Enum(['all', 'edges', 'centre'], { $id: 'NamedRegion' }),
    Type.Object(
      { x: share('left edge'), y: share('top edge'), w: share('width'), h: share('height') },
      { $id: 'RegionBox', additionalProperties: false },
    ),
  ],
  {
    $id: 'ColourRegion',
    description: 'where colours are read from: a box is given as parts of the picture’s sides',
    examples: ['all'],
  },
);
export type ColourRegion = Static<typeof ColourRegion>;

/** Most colours that one picture's may be asked to ignore: each is a difference for each colour of its sample. */
export const maxIgnoredColours = 8;
const defaultPaletteSize = 5;
/** What is ignored with a colour unless told otherwise, by CIEDE2000. */
const defaultIgnoreTolerance = 10;

/** How many colours a palette has at most. No default: what is filled in changes a request for its Idempotency-Key. */
export const PaletteSize = Type.Integer({
  $id: 'PaletteSize',
  minimum: 1,
  maximum: 16,
  description: `most colours in the palette (${defaultPaletteSize})`,
  examples: [defaultPaletteSize],
});

const commonColourFields = {
  count: Type.Optional(Type.Integer({ ...PaletteSize, $id: 'ColourCount', default: defaultPaletteSize })),
  region: Type.Optional(ColourRegion),
  tolerance: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 50,
      description: `what is ignored with a colour: up to this difference by CIEDE2000 (${defaultIgnoreTolerance})`,
      examples: [defaultIgnoreTolerance],
    }),
  ),
};

const IgnoredColour = Type.String({
  minLength: 1,
  maxLength: 40,
  description: '`background`, `#rrggbb`, `#rgb` or a CSS name',
});

/** One or several. */
export const IgnoredColours = Type.Union([IgnoredColour, Type.Array(IgnoredColour, { maxItems: maxIgnoredColours })], {
  $id: 'IgnoredColours',
  description:
    'colours that count as if they were transparent: `background` (the one that is found), `#rrggbb` or CSS names',
  examples: ['#ff00ff'],
});

/** How colours are to be found, as clients say it. */
export const ColourRequest = Type.Object(
  {
    ...commonColourFields,
    ignore: Type.Optional(IgnoredColours),
  },
  { $id: 'ColourOptions', additionalProperties: false, examples: [{ count: defaultPaletteSize, region: 'all' }] },
);
export type ColourRequest = Static<typeof ColourRequest>;

/** How colours are found: the same with every colour in one spelling. */
export const ColourOptions = Type.Object(
  {
    ...commonColourFields,
    ignore: Type.Optional(
      Type.Array(Type.String({ pattern: '^(background|#[0-9a-f]{6})$' }), { maxItems: maxIgnoredColours }),
    ),
  },
  { additionalProperties: false },
);
export type ColourOptions = Static<typeof ColourOptions>;

/** Only what differs from the defaults, in one order, so that equal options are equal work. */
export function colourOptionsOf({
  count = defaultPaletteSize,
  region = 'all',
  ignore = [],
  tolerance = defaultIgnoreTolerance,
}: ColourOptions = {}): ColourOptions {
  const ignored = [...new Set(ignore)].toSorted();
  return {
    ...(count !== defaultPaletteSize && { count }),
    ...(region !== 'all' && { region }),
    ...(ignored.length > 0 && { ignore: ignored }),
    ...(ignored.length > 0 && tolerance !== defaultIgnoreTolerance && { tolerance }),
  };
}

/** The last frame that can be asked for by its number. */
const maxFrame = 999_999;

/** Which picture of a file is read, and how whole it must be: the same for all that is made of it. */
export const ReadOptions = Type.Object(
  {
    frame: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: maxFrame }), Type.Enum(['middle'], { $id: 'MiddleFrame' })], {
        $id: 'Frame',
        examples: [0],
        description:
          'of a GIF, a WebP or a TIFF with several pages: 0 is the first one, which is usual; `middle` is the one in the middle. Of one that is not there the job fails with `invalid_option`, which says how many there are',
      }),
    ),
    on_damage: Type.Optional(
      Type.Enum(['refuse', 'accept'], {
        $id: 'OnDamage',
        examples: ['refuse'],
        description:
          'what a damaged or cut off picture comes to. refuse: `corrupt_image`, as usual · accept: what can be shown of it, and `source.damaged` says so',
      }),
    ),
  },
  { additionalProperties: false },
);
export type ReadOptions = Static<typeof ReadOptions>;
export type FrameChoice = NonNullable<ReadOptions['frame']>;

/** Only what differs from the defaults, so that equal options are equal work. */
export function readOptionsOf({ frame = 0, on_damage = 'refuse' }: ReadOptions): ReadOptions {
  return { ...(frame !== 0 && { frame }), ...(on_damage !== 'refuse' && { on_damage }) };
}

/** One of several thumbnails of a picture, by its name. */
export const NamedRendition = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 64 }), ...Rendition.properties },
  { additionalProperties: false },
);
export type NamedRendition = Static<typeof NamedRendition>;

/** What is to be made of one picture. */
export const PictureOrder = Type.Object({
  renditions: Type.Array(NamedRendition, { maxItems: maxRenditions }),
  /** Null when the colours are known already, and not to be made. */
  colours: Type.Union([ColourOptions, Type.Null()]),
  ...ReadOptions.properties,
});
export type PictureOrder = Static<typeof PictureOrder>;

/** What one thumbnail is to be: the schema for jobs, child processes and fingerprints, with every default filled in. */

import Type, { type Static } from 'typebox';
import { CropBox, Position } from './cut.ts';
import { backgroundPattern } from './pattern-words.ts';
import { usualRendition as usual } from './usual-rendition.ts';
import { Watermark } from './watermark.ts';

export const thumbnailFits = ['cover', 'contain', 'inside', 'outside', 'fill'] as const;
export const outputFormats = ['jpeg', 'webp', 'png', 'avif'] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** Longest side of a thumbnail's box, in pixels. */
export const maxThumbnailSidePixels = 2000;
/** Of a thumbnail's pixels. */
export const maxBlurPixels = 100;
/** Widest padding on one side, in pixels: more would cost more than the thumbnail itself. */
export const maxPaddingPixels = 300;
/** Jobs that an earlier release has taken may have as much. */
const maxStoredPaddingPixels = 500;

export const formatMeaning = 'auto: JPEG, or WebP when the picture has transparency';

export const sideWords = { minimum: 1, maximum: maxThumbnailSidePixels, description: 'pixels' };
export const fitWords = {
  description:
    'cover: fills the box, cut at the edges · contain: whole picture in the box on `background` · inside, outside: the largest or smallest size that fits in or around the box · fill: stretched',
};
const side = (name: string, pixels: number) =>
  Type.Integer({ ...sideWords, $id: name, default: pixels, examples: [pixels] });

const paddingUpTo = (maximum: number, ids: { padding?: string; ofSides?: string } = {}) => {
  const pixels = Type.Integer({ minimum: 0, maximum });
  const side = Type.Optional(pixels);
  return Type.Union(
    [
      pixels,
      Type.Object(
        { top: side, right: side, bottom: side, left: side },
        { ...(ids.ofSides && { $id: ids.ofSides }), additionalProperties: false },
      ),
    ],
    {
      ...(ids.padding && { $id: ids.padding }),
      description: 'pixels of `background` around the thumbnail, which grows by them',
      examples: [0],
    },
  );
};

/** One width for all sides, or one for each that is to have any. */
export const Padding = paddingUpTo(maxPaddingPixels, { padding: 'Padding', ofSides: 'PaddingOfSides' });
export type Padding = Static<typeof Padding>;

/**
 * Options of one thumbnail. A new option is a field here, and what it does is a step of packages/imaging's `render`:
 * requests, jobs, child processes, fingerprints and the OpenAPI document follow. What is absent is as usual.
 */
export const Rendition = Type.Object(
  {
    width: side('Width', usual.width),
    height: side('Height', usual.height),
    fit: Type.Enum(thumbnailFits, { ...fitWords, $id: 'Fit', default: usual.fit }),
    format: Type.Enum(['auto', ...outputFormats], {
      $id: 'RequestedFormat',
      default: usual.format,
      description: formatMeaning,
    }),
    quality: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: 'of a lossy format (JPEG 80, WebP 80, AVIF 50); PNG loses nothing, whatever it is',
        examples: [80],
      }),
    ),
    background: Type.Optional(
      Type.String({
        pattern: backgroundPattern,
        description:
          'behind a transparent, contained or padded picture: `#rrggbb`, `transparent`, or what is found in the picture: `dominant` colour, or the one along its `edge`',
        examples: ['#ffffff'],
      }),
    ),
    position: Type.Optional(Position),
    crop: Type.Optional(CropBox),
    trim: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 100,
        description: 'a border of one colour is cut off; how far it may differ in 255ths',
      }),
    ),
    rotate: Type.Optional(Type.Enum([90, 180, 270], { $id: 'Rotation', description: 'degrees, clockwise' })),
    enlarge: Type.Optional(
      Type.Boolean({
        description:
          'whether a small picture is enlarged to its box (usual for cover, contain and fill; not for inside and outside)',
        examples: [true],
      }),
    ),
    blur: Type.Optional(
      Type.Number({
        minimum: 0.3,
        maximum: maxBlurPixels,
        description: 'standard deviation in pixels of the thumbnail',
        examples: [0.3],
      }),
    ),
    sharpen: Type.Optional(
      Type.Number({
        minimum: 0.3,
        maximum: 10,
        description: 'radius in pixels of the thumbnail; 1 is usual',
        examples: [0.3],
      }),
    ),
    grayscale: Type.Optional(Type.Boolean({ description: 'shades of grey alone', examples: [false] })),
    padding: Type.Optional(paddingUpTo(maxStoredPaddingPixels)),
    watermark: Type.Optional(Watermark),
    max_bytes: Type.Optional(
      Type.Integer({
        minimum: 256,
        maximum: 100_000_000,
        description:
          'the file is no larger: a good quality up to `quality` is looked for of which it uses most of that; when none fits, the job fails with `invalid_option`, which names the smallest',
        examples: [20_000],
      }),
    ),
  },
  { additionalProperties: false },
);
export type Rendition = Static<typeof Rendition>;

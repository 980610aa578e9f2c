/** The thumbnails of a request as clients say them, and how they are read: one or several sizes, each in one spelling. */

import Type, { type Static } from 'typebox';
import { sizeNamePattern } from './pattern-words.ts';
import { defaultRenditionName, maxRenditions, type NamedRendition } from './picture-order.ts';
import { Problem } from './problem.ts';
import type { ProblemPlace } from './problem-document.ts';
import {
  fitWords,
  formatMeaning,
  maxBlurPixels,
  maxPaddingPixels,
  maxThumbnailSidePixels,
  outputFormats,
  Padding,
  Rendition,
  sideWords,
  thumbnailFits,
} from './rendition.ts';
import { enlargesUsually, isNowhere, sidesOf } from './shape-words.ts';
import { usualRendition as usual } from './usual-rendition.ts';
import { parse } from './validation.ts';
import { maxMarginPixels, unknownWatermark, type WatermarkNames, WatermarkRequest, watermarkOf } from './watermark.ts';

/** What `trim: true` means. */
const usualTrim = 10;

const formatWords = { description: `${formatMeaning} · jpg: jpeg` };

/** What a request says differently than a job. */
const saidDifferently = {
  format: Type.Optional(Type.Enum(['auto', ...outputFormats, 'jpg'], { ...formatWords, default: usual.format })),
  trim: Type.Optional(
    Type.Union([Type.Boolean(), Rendition.properties.trim], {
      description: `a border of one colour is cut off: true, or how far it may differ in 255ths (${usualTrim})`,
      examples: [false],
    }),
  ),
  rotate: Type.Optional(
    Type.Enum([0, 90, 180, 270], { $id: 'Rotation', description: 'degrees, clockwise', examples: [0] }),
  ),
  padding: Type.Optional(Padding),
  dpr: Type.Optional(
    Type.Number({
      minimum: 1,
      maximum: 4,
      description:
        'pixels of the screen for each of `width`, `height`, `padding`, `blur` and the margin of `watermark`',
      examples: [1],
    }),
  ),
  watermark: Type.Optional(WatermarkRequest),
};

const noWatermarks: WatermarkNames = new Map();

const requestFields = { ...Type.Partial(Rendition).properties, ...saidDifferently };

/** One thumbnail as clients say it: nothing is required. */
export const RenditionRequest = Type.Object(requestFields);
export type RenditionRequest = Static<typeof RenditionRequest>;

/** The same where what is left out is said elsewhere, so that nothing has a default. */
export const renditionFields = {
  ...requestFields,
  width: Type.Optional(Type.Integer(sideWords)),
  height: Type.Optional(Type.Integer(sideWords)),
  fit: Type.Optional(Type.Enum(thumbnailFits, fitWords)),
  format: Type.Optional(Type.Enum(['auto', ...outputFormats, 'jpg'], formatWords)),
};

/** Name of a preset in the operator's file. */
export const PresetName = Type.String({ pattern: sizeNamePattern });

/** The same as a request says it; an empty one is none. When a request is checked, its options have been filled in. */
export const ChosenPreset = Type.String({
  $id: 'ChosenPreset',
  maxLength: 64,
  description: 'options that the operator keeps under this name; those beside it count before them',
  examples: [''],
});

/** One of several sizes: what it does not say is as outside of the list. */
const SizeRequest = Type.Object(
  {
    name: Type.String({ pattern: sizeNamePattern, examples: ['small'] }),
    ...renditionFields,
    preset: Type.Optional(ChosenPreset),
  },
  { $id: 'SizeRequest', additionalProperties: false },
);

/** `sizes` of a request. */
export const Sizes = Type.Array(SizeRequest, {
  $id: 'Sizes',
  minItems: 1,
  maxItems: maxRenditions,
  description:
    'several thumbnails of one decode, by name; what one does not say is as outside of the list. `resized_url` leads to the one called `default`, or to the first',
  examples: [
    [
      { name: 'default', width: 100, height: 100 },
      { name: 'small', width: 32, height: 32 },
    ],
  ],
});
export type Sizes = Static<typeof Sizes>;

/** A request's thumbnails: one, or its sizes. */
export type RenditionsRequest = RenditionRequest & { sizes?: Sizes | undefined };

/**
 * The thumbnails that a request asks for, with defaults filled in and in one spelling: equal ones on equal bytes are equal
 * work. Throws `invalid_option` for options that mean nothing together, for two sizes of one name, and for a watermark that
 * there is none of.
 */
export function renditionsOf(
  { sizes, ...outer }: RenditionsRequest,
  watermarks: WatermarkNames = noWatermarks,
): NamedRendition[] {
  const unknown = unknownWatermark(outer.watermark, watermarks);
  if (unknown) refuse([unknown]);
  if (!sizes) return [namedRendition(defaultRenditionName, outer, outer, '', watermarks)];
  const names = sizes.map(({ name }) => name);
  const again = names.findIndex((name, at) => names.indexOf(name) < at);
  if (again >= 0) refuse([{ pointer: `/sizes/${again}/name`, detail: `is the name of another size too` }]);
  return sizes.map(({ name, ...size }, at) => {
    const own = Object.fromEntries(Object.entries(size).filter(([, value]) => value !== undefined));
    return namedRendition(name, { ...outer, ...own }, own, `/sizes/${at}`, watermarks);
  });
}

function namedRendition(
  name: string,
  all: RenditionRequest,
  said: RenditionRequest,
  pointer: string,
  watermarks: WatermarkNames,
): NamedRendition {
  const senseless = [...senselessOptions(all, said), unknownWatermark(said.watermark, watermarks) ?? []].flat();
  if (senseless.length > 0) refuse(senseless.map((place) => ({ ...place, pointer: pointer + place.pointer })));
  return { name, ...renditionOf(all, watermarks) };
}

/** A thumbnail's options with defaults filled in and in one spelling; what says nothing else than the default is left out. */
export function renditionOf(
  { dpr = 1, ...request }: RenditionRequest,
  watermarks: WatermarkNames = noWatermarks,
): Rendition {
  const { format = usual.format, fit = usual.fit, background, trim, padding, blur } = request;
  const { enlarge, position, rotate, grayscale } = request;
  const inPixels = (length: number) => Math.round(length * dpr);
  const given = {
    ...request,
    width: inPixels(request.width ?? usual.width),
    height: inPixels(request.height ?? usual.height),
    fit,
    format: format === 'jpg' ? 'jpeg' : format,
    background: background?.toLowerCase(),
    position: isPlaced(position, fit) ? position : undefined,
    trim: trim === true ? usualTrim : trim === false ? undefined : trim,
    rotate: rotate === 0 ? undefined : rotate,
    enlarge: enlarge === enlargesUsually(fit) ? undefined : enlarge,
    blur: blur === undefined ? undefined : blur * dpr,
    grayscale: grayscale === true ? true : undefined,
    padding: padding === undefined ? undefined : paddingOf(padding, inPixels),
    watermark: watermarkOf(request.watermark, watermarks, dpr),
  };
  const known = Object.entries(given).filter(([name, value]) => renditionNames.includes(name) && value !== undefined);
  return parse(Rendition, Object.fromEntries(known), { isOurs: true });
}

const renditionNames = Object.keys(Rendition.properties);

function isPlaced(position: Rendition['position'], fit: Rendition['fit']): boolean {
  return position !== 'centre' && (fit === 'cover' || fit === 'contain');
}

/** One number where all sides have the same; undefined for none. */
function paddingOf(padding: Padding, inPixels: (length: number) => number): Padding | undefined {
  const { top = 0, right = 0, bottom = 0, left = 0 } = sidesOf(padding);
  const sides = [top, right, bottom, left].map(inPixels);
  const [first = 0] = sides;
  if (sides.every((pixels) => pixels === first)) return first === 0 ? undefined : first;
  return Object.fromEntries(sides.flatMap((pixels, at) => (pixels === 0 ? [] : [[paddedSides[at], pixels]])));
}

const paddedSides = ['top', 'right', 'bottom', 'left'] as const;

/** Options that mean nothing together; those that stand outside of a list of sizes may be for others of them. */
function senselessOptions(all: RenditionRequest, said: RenditionRequest): ProblemPlace[] {
  const { fit = usual.fit, position, crop, format } = all;
  const places: ProblemPlace[] = [];
  if (said.position !== undefined && position !== 'centre') {
    if (fit !== 'cover' && fit !== 'contain') {
      places.push(
        { pointer: '/position', detail: 'is for fit=cover and fit=contain' },
        { pointer: '/fit', detail: `is ${fit}, which cuts nothing and leaves no room` },
      );
    } else if (fit === 'contain' && (position === 'attention' || position === 'entropy')) {
      places.push({ pointer: '/position', detail: 'must be a side, a corner or a point where fit is contain' });
    }
  }
  if (crop && isNowhere(crop)) places.push({ pointer: '/crop', detail: 'lies outside of the picture' });
  places.push(...tooManyPixels(all));
  const says = (field: 'background' | 'format') => said[field] !== undefined;
  if (all.background === 'transparent' && isJpeg(format) && (says('background') || says('format'))) {
    places.push(
      { pointer: '/background', detail: 'is transparent: name a colour, or another format' },
      { pointer: '/format', detail: `is ${format}, in which nothing is transparent: webp, png, avif and auto know it` },
    );
  }
  if (all.max_bytes !== undefined && format === 'png') {
    places.push(
      { pointer: '/max_bytes', detail: 'needs a format with a quality: jpeg, webp, avif or auto' },
      { pointer: '/format', detail: 'is png, which has no quality' },
    );
  }
  return places;
}

/** Lengths that `dpr` makes longer than they may be: a smaller one would be another picture than at `dpr` 1. */
function tooManyPixels({ dpr = 1, ...all }: RenditionRequest): ProblemPlace[] {
  const { width = usual.width, height = usual.height, padding, blur = 0, watermark } = all;
  const margin = typeof watermark === 'object' ? (watermark.margin ?? 0) : 0;
  const inPixels = (length: number) => Math.round(length * dpr);
  const lengths: [string, number, number][] = [
    ['width', inPixels(width), maxThumbnailSidePixels],
    ['height', inPixels(height), maxThumbnailSidePixels],
    ['padding', inPixels(Math.max(...Object.values(sidesOf(padding)))), maxPaddingPixels],
    ['blur', blur * dpr, maxBlurPixels],
    ['the margin of watermark', inPixels(margin), maxMarginPixels],
  ];
  return lengths.flatMap(([name, length, most]) =>
    length <= most ? [] : [{ pointer: '/dpr', detail: `times ${name} must not be more than ${most} pixels` }],
  );
}

function isJpeg(format: RenditionRequest['format']): boolean {
  return format === 'jpeg' || format === 'jpg';
}

function refuse(errors: ProblemPlace[]): never {
  const [first] = errors;
  throw new Problem('invalid_option', { detail: `${first?.pointer} ${first?.detail}.`, errors });
}

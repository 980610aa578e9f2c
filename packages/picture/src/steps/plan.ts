/** Step 2: at which size the picture is decoded so that all can be made of it, what that holds, which way it goes. */
import {
  boxIn,
  type ColourOptions,
  isStrategy,
  type NamedRendition,
  type PictureColourOptions,
  type PictureOrder,
  Problem,
  pointOf,
  usualRendition,
} from '@tintype/contracts';
import {
  defaultQuality,
  estimateRenderBytes,
  maxOutputSidePixels,
  mostEncodedBytes,
  outputSize,
  type PictureFacts,
  type PictureHeader,
} from '@tintype/imaging';
import { isReducible, progressivePixels, type Size } from '@tintype/raster';
import type { ReducedRendition, Reduction } from '../reduction.ts';
import { decodeSize, isDecodedWhole, reducedSize, sampleSize, thumbnailsSize, uncroppedSize } from '../sizes.ts';
import { hasMoreThan, tooManyPixels } from './inspect.ts';

/** With a region that does not depend on the picture's pixels. */
export type PlannedOrder = Omit<PictureOrder, 'colours'> & { colours: PictureColourOptions | null };

export type PicturePlan = {
  facts: PictureFacts;
  order: PlannedOrder;
  /** What is decoded: all of the picture, or as much of it as can be held or is worth its time. */
  rasterSize: Size;
  /** What thumbnails are made of. */
  decodeSize: Size;
  sampleSize: Size;
  /** Upper bound of the memory that is held from the decode to the last thumbnail. */
  decodeBytes: number;
  /** Only in a process of its own. */
  needsOwnProcess: boolean;
  /** libvips has to say how the picture is held, if it is the one who decodes it: what is known was read without it. */
  needsLibvipsFacts: boolean;
  /** How a JPEG is made small without libvips; null where that cannot be done. */
  reduction: Reduction | null;
  /** Why libvips must not do it, where the reduction is the only way. */
  refusal: Problem | null;
};

export type PlanLimits = {
  maxDecodeBytes: number;
  /**
   * For what libvips must hold whole: progressive JPEG, interlaced PNG, AVIF, GIF, WebP with alpha or lossless, HEIC of one piece. What is
   * reduced is not held.
   */
  maxMegapixelsUnstreamed: number;
};

/** What is held of a picture at its own size, at the most: 50 megapixels without alpha. */
const maxWholeBytes = 160 * 1024 * 1024;

/** What the reducer knows to do; a thumbnail with any other option is finished by the render step. */
const reducedFields: ReadonlySet<string> = new Set([
  'name',
  'width',
  'height',
  'fit',
  'format',
  'quality',
  'background',
  'position',
]);

/**
 * Throws `too_many_pixels` when a thumbnail would be too long, or when libvips would have to hold too much, and
 * `invalid_option` for a `crop` or a region of colours outside of the picture.
 */
export function planPicture(header: PictureHeader, asked: PictureOrder, limits: PlanLimits): PicturePlan {
  const { facts } = header;
  const order = { ...asked, colours: asked.colours && coloursIn(facts, asked.colours) };
  const { renditions } = order;
  for (const rendition of renditions) requireSmallOutput(facts, rendition);
  // Without thumbnails the colours are read from what the usual one would be made of, so that they are the same.
  const decoded = decodeSize(facts, renditions.length > 0 ? renditions : [usualRendition]);
  const raster = planRaster(header, decoded, limits);
  const decodeBytes = raster.bytes + renderBytes(facts, renditions);
  const sample = sampleSize(decoded);
  const reduction = planReduction(header, order, sample);
  const refusal = refusalOf(header, decodeBytes, limits);
  if (refusal && reduction === null) throw refusal;
  return {
    facts,
    order,
    rasterSize: raster.size,
    decodeSize: raster.size === decoded || renditions.length === 0 ? decoded : thumbnailsSize(facts, renditions),
    sampleSize: sample,
    decodeBytes,
    needsOwnProcess: header.needsOwnProcess,
    needsLibvipsFacts: header.jpeg?.hasExif ?? false,
    reduction,
    refusal,
  };
}

/**
 * Colours want the picture as it is, so that its light is added up and not the mean of what was gamma-encoded. What would
 * hold too much is made smaller by its decoder.
 */
function planRaster(
  header: PictureHeader,
  decoded: Size,
  { maxDecodeBytes }: PlanLimits,
): { size: Size; bytes: number } {
  const { facts, isCheaperReduced, wholeBytes, decodedPixelBytes } = header;
  const whole = wholeBytes + areaOf(decoded) * decodedPixelBytes;
  if (isDecodedWhole(facts, isCheaperReduced) && whole <= Math.min(maxWholeBytes, maxDecodeBytes)) {
    return { size: { width: facts.width, height: facts.height }, bytes: whole };
  }
  const size = reducedSize(facts, decoded);
  const copyPixels = size === decoded ? 0 : areaOf(decoded);
  return { size, bytes: header.decodeBytes + (areaOf(size) + copyPixels) * decodedPixelBytes };
}

function refusalOf(header: PictureHeader, decodeBytes: number, limits: PlanLimits): Problem | null {
  const { maxDecodeBytes, maxMegapixelsUnstreamed } = limits;
  if (header.isHeldWhole && hasMoreThan(header, maxMegapixelsUnstreamed)) {
    return tooManyPixels(header, maxMegapixelsUnstreamed);
  }
  return decodeBytes > maxDecodeBytes ? promisesTooMuchMemory(decodeBytes, maxDecodeBytes) : null;
}

/** A copy of the picture at the size of a thumbnail, of which smaller ones are made: red, green, blue and alpha. */
const copyPixelBytes = 4;

/** The largest thumbnail is rendered first. Those that are finished are kept, and so are the copies that smaller ones are made of. */
function renderBytes(facts: PictureFacts, renditions: readonly NamedRendition[]): number {
  const wanted = renditions
    .map((rendition) => ({ rendition, pixels: areaOf(outputSize(facts, rendition)) }))
    .sort((one, other) => other.pixels - one.pixels);
  let [kept, most] = [0, 0];
  for (const [at, { rendition, pixels }] of wanted.entries()) {
    const copyBytes = at === 0 ? 0 : pixels * copyPixelBytes;
    most = Math.max(most, kept + copyBytes + estimateRenderBytes(pixels, rendition, facts.hasAlpha));
    kept += copyBytes + mostEncodedBytes(pixels, rendition.format, facts.hasAlpha);
  }
  return renditions.length > 1 ? Math.max(most, kept) : most;
}

function areaOf({ width, height }: Size): number {
  return width * height;
}

function promisesTooMuchMemory(decodeBytes: number, maxBytes: number): Problem {
  const [needed, limit] = [decodeBytes, maxBytes].map((bytes) => Math.ceil(bytes / 1024 / 1024));
  return new Problem('too_many_pixels', {
    detail: `Decoding the picture may take ${needed} MB of memory; the limit is ${limit} MB.`,
  });
}

function requireSmallOutput(picture: Size, rendition: NamedRendition): void {
  const { width, height } = outputSize(picture, rendition);
  const longest = Math.max(width, height);
  if (longest <= maxOutputSidePixels) return;
  throw new Problem('too_many_pixels', {
    detail: `fit=outside would make a thumbnail of ${longest} pixels; the longest side is ${maxOutputSidePixels}.`,
  });
}

/** With a region of the picture; the same again if it was one already. Throws `invalid_option` for one outside of it. */
export function coloursIn(picture: Size, { region, ...options }: ColourOptions): PictureColourOptions {
  if (region === undefined) return options;
  if (typeof region === 'string' || 'w' in region) return { ...options, region };
  const box = boxIn(picture, region);
  if (!box) {
    const detail = `is not within the picture, which has ${picture.width} × ${picture.height} pixels`;
    const errors = [{ pointer: '/colours/region', detail }];
    throw new Problem('invalid_option', { detail: `\`colours.region\` ${detail}.`, errors });
  }
  const [across, down] = [1 / picture.width, 1 / picture.height];
  return {
    ...options,
    region: { x: box.left * across, y: box.top * down, w: box.width * across, h: box.height * down },
  };
}

/** The size of the sample counts even where no colours are wanted: equal thumbnails are to go equal ways. */
function planReduction(
  { facts, jpeg }: PictureHeader,
  { renditions, colours }: PlannedOrder,
  sample: Size,
): Reduction | null {
  const wholes = (renditions.length > 0 ? renditions : [usualRendition]).map((box) => uncroppedSize(facts, box));
  if (jpeg === null || !isReducible(jpeg, [...wholes, sample])) return null;
  return {
    renditions: renditions.map((rendition) => planRendition(rendition, uncroppedSize(facts, rendition))),
    colours: colours && { size: sample, options: colours },
  };
}

function planRendition(rendition: NamedRendition, whole: Size): ReducedRendition {
  const { width, height, fit, format, position = 'centre', quality = defaultQuality.jpeg } = rendition;
  const isKnown = Object.entries(rendition).every(([name, value]) => value === undefined || reducedFields.has(name));
  const size = fit === 'cover' ? { width, height } : whole;
  const isBaseline = (format === 'jpeg' || format === 'auto') && size.width * size.height < progressivePixels;
  const isFinished = isKnown && fit !== 'contain' && !isStrategy(position) && isBaseline;
  return { whole, size, around: pointOf(position), quality: isFinished ? quality : null };
}

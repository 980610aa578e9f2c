/** What can come of an order at all: for whoever hears of a picture from a process that it does not trust. */
import {
  type NamedRendition,
  type OutputFormat,
  type ReadOptions,
  sidesOf,
  signatureBytes,
  sniffFormat,
} from '@tintype/contracts';
import { maxOutputSidePixels, outputSize, type PictureFacts } from '@tintype/imaging';
import { lightStride, type Size } from '@tintype/raster';
import { type HeaderLimits, hasMoreThan } from './steps/inspect.ts';

/** Whether a picture of these bytes may be of this kind and size. */
export function isPossibleSource(
  facts: PictureFacts,
  bytes: Uint8Array,
  { maxMegapixels }: Pick<HeaderLimits, 'maxMegapixels'>,
  { on_damage: onDamage }: ReadOptions,
): boolean {
  const isFormat = facts.format === sniffFormat(bytes.subarray(0, signatureBytes));
  return isFormat && !hasMoreThan({ facts }, maxMegapixels) && (!facts.isDamaged || onDamage === 'accept');
}

/** Whether a thumbnail that was ordered like this may have this size and format, of a picture of these facts. */
export function isPossibleThumbnail(
  { format, ...size }: Size & { format: OutputFormat },
  ordered: NamedRendition,
  facts: Size,
): boolean {
  const isFormat = ordered.format === 'auto' ? format === 'jpeg' || format === 'webp' : format === ordered.format;
  if (!isFormat) return false;
  if (ordered.trim !== undefined) return isWithinLimits(size, ordered);
  const { width, height } = outputSize(facts, ordered);
  return size.width === width && size.height === height;
}

/** How large it is depends on the border that was cut off. */
function isWithinLimits(made: Size, ordered: NamedRendition): boolean {
  const { top, right, bottom, left } = sidesOf(ordered.padding);
  const most = ordered.fit === 'outside' ? { width: maxOutputSidePixels, height: maxOutputSidePixels } : ordered;
  const isWithin = made.width <= left + most.width + right && made.height <= top + most.height + bottom;
  return isWithin && Math.min(made.width - left - right, made.height - top - bottom) >= 1;
}

/** A cell is less than twice as long, and as wide, as the others are on average. */
const mostCover = 4;
/** Sums of numbers that were rounded may be over by so much. */
const rounding = 1.001;

/** Whether the light of a sample may be that of a picture: numbers alone would take the extraction anywhere. */
export function isPossibleLight(light: Float32Array): boolean {
  for (let at = 0; at < light.length; at += lightStride) {
    const cover = light[at + 3] ?? 0;
    if (!(cover >= 0 && cover <= mostCover * rounding)) return false;
    for (let channel = at; channel < at + 3; channel += 1) {
      const sum = light[channel] ?? 0;
      if (!(sum >= 0 && sum <= cover * rounding)) return false;
    }
  }
  return true;
}

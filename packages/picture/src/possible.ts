/** What can come of an order at all: for whoever hears of a picture from a process that it does not trust. */
import { nameOf, rgbFromHex } from '@tintype/colour';
import {
  type ColourOptions,
  type NamedRendition,
  type OutputFormat,
  type ReadOptions,
  type StoredColours,
  sidesOf,
  signatureBytes,
  sniffFormat,
} from '@tintype/contracts';
import { maxOutputSidePixels, outputSize, type PictureFacts } from '@tintype/imaging';
import type { Size } from '@tintype/raster';
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

/** Shares are rounded: their sum may be over by so much. */
const roundingShare = 0.001;
/** As WCAG defines it, between white and black. */
const mostContrast = 21;

/** Whether these colours may have been found by these options. Fields that there are not count as impossible. */
export function isPossibleDescription(colours: StoredColours, { count = 5 }: ColourOptions): boolean {
  const { dominant, background, average, accent, palette, contrast, transparentShare, swatches } = colours;
  const withShares = dominant ? [dominant, ...palette] : palette;
  const named = [average, accent].filter((colour) => colour !== null);
  const found = typeof background === 'object' && background !== null ? background : null;
  return (
    Object.keys(colours).length === fieldsOfColours &&
    palette.length <= count &&
    palette.reduce((sum, { share }) => sum + share, 0) <= 1 + roundingShare &&
    withShares.every((swatch) => isShare(swatch.share) && isNamed(swatch, 3)) &&
    named.every((colour) => isNamed(colour, 2)) &&
    (found === null || (isShare(found.confidence) && isNamed(found, 3))) &&
    (contrast === null || (contrast >= 1 && contrast <= mostContrast)) &&
    isShare(transparentShare) &&
    swatches !== undefined
  );
}

const fieldsOfColours = 10;

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** The name of a colour follows from its hex. */
function isNamed(colour: { hex: string; name: string }, fields: number): boolean {
  return Object.keys(colour).length === fields && colour.name === nameOf(rgbFromHex(colour.hex));
}

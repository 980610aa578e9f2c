/** Step 6: the picture's colours and its placeholder, from the sample. */
import { extractColours, extractColoursWithout, writeSwatches } from '@tintype/colour';
import type { PictureColourOptions, StoredColours } from '@tintype/contracts';
import { type Pixels, pixelsOfRegion, type Sample, thumbhashOf } from '@tintype/raster';

export type PictureDescription = {
  colours: StoredColours;
  /** A thumbhash, in base64. */
  placeholder: string;
};

/** Colours of the region that was asked for; the placeholder always shows the whole picture. */
export function describe(sample: Sample, options: PictureColourOptions): PictureDescription {
  const { pixels, hiddenPixels } = pixelsOfRegion(sample, options.region ?? 'all');
  const { count = 5, ignore = [], tolerance = 10 } = options;
  const found =
    ignore.length === 0
      ? extractColours(pixels, { count })
      : extractColoursWithout(pixels, { count, ignore, tolerance });
  const colours = { ...found, swatches: writeSwatches(found.swatches) };
  return { colours: withoutHidden(colours, pixels, hiddenPixels), placeholder: thumbhashOf(sample) };
}

/** Pixels outside of the region are transparent only for us: they must not count as transparent. */
function withoutHidden(colours: StoredColours, { width, height }: Pixels, hiddenPixels: number): StoredColours {
  if (hiddenPixels === 0) return colours;
  const allPixels = width * height;
  const share = (colours.transparentShare * allPixels - hiddenPixels) / (allPixels - hiddenPixels);
  return { ...colours, transparentShare: Math.max(0, Number(share.toFixed(4))) };
}

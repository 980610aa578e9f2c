/** Extracts the colours of what is left of a picture when some of its colours are to be ignored. */
import { type Lab, labFromLinear, labFromRgb, linearFromChannel, type Rgb, rgbFromHex } from './convert.ts';
import { ciede2000, ciede2000LeastOf } from './difference.ts';
import { type ExtractedColours, extractColours } from './extract.ts';
import { hideEdges } from './ignored-edges.ts';
import type { Pixels } from './pixels.ts';

export type IgnoreOptions = {
  count?: number;
  /** `#rrggbb`, or `background`: the colour that is found to be that. */
  ignore: readonly string[];
  /** What is near enough to an ignored colour to be ignored with it, by CIEDE2000: 0 ignores exactly these colours. */
  tolerance: number;
};

/**
 * The colours of a picture as if the ignored ones were transparent; only `background` and `transparentShare` are those of
 * the whole picture. Nothing else has a value when nothing is left. What softened edges blend with an ignored colour is
 * ignored too, since it would be a colour that the picture does not have.
 * @throws {RangeError} as `extractColours` does, and for a colour of another form.
 */
export function extractColoursWithout(
  pixels: Pixels,
  { count = 5, ignore, tolerance }: IgnoreOptions,
): ExtractedColours {
  const { background, transparentShare } = extractColours(pixels, { count: 1 });
  const found = background === null || background === 'transparent' ? [] : [background.hex];
  const hexes = ignore.flatMap((colour) => (colour === 'background' ? found : [colour]));
  const rest = withoutColours(pixels, hexes.map(rgbFromHex), tolerance);
  return { ...extractColours(rest ?? pixels, { count }), background, transparentShare };
}

/** A copy in which the pixels of these colours are transparent; null where there are none. */
function withoutColours(
  { data, width, height, channels }: Pixels,
  ignored: readonly Rgb[],
  tolerance: number,
): Pixels | null {
  const isIgnored = nearnessTo(ignored, tolerance);
  const rgba = new Uint8Array(width * height * 4);
  const hidden = new Uint8Array(width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels;
    const alpha = channels === 4 ? (data[from + 3] ?? 0) : 255;
    const red = data[from] ?? 0;
    const green = data[from + 1] ?? 0;
    const blue = data[from + 2] ?? 0;
    if (alpha > 0 && isIgnored(red, green, blue)) hidden[pixel] = 1;
    rgba[pixel * 4] = red;
    rgba[pixel * 4 + 1] = green;
    rgba[pixel * 4 + 2] = blue;
    rgba[pixel * 4 + 3] = alpha;
  }
  if (!hidden.includes(1)) return null;
  hideEdges(rgba, hidden, width);
  for (let pixel = 0; pixel < hidden.length; pixel++) if (hidden[pixel]) rgba[pixel * 4 + 3] = 0;
  return { data: rgba, width, height, channels: 4 };
}

const linear = Float64Array.from({ length: 256 }, (_, channel) => linearFromChannel(channel));

/** Colours that have been looked at lately, by a hash: most pixels are like one of them. */
const rememberedBits = 12;
/** Knuth, The Art of Computer Programming, volume 3, section 6.4: multiplicative hashing. */
const hashFactor = 2654435761;
/** A colour is within 0 of itself. */
const rounding = 1e-9;

/** Whether a colour is within the tolerance of an ignored one. */
function nearnessTo(ignored: readonly Rgb[], tolerance: number): (red: number, green: number, blue: number) => boolean {
  const labs = ignored.map(labFromRgb);
  const isNear = (lab: Lab) =>
    labs.some(
      (one) => ciede2000LeastOf(lab, one) <= tolerance + rounding && ciede2000(lab, one) <= tolerance + rounding,
    );
  const keys = new Int32Array(1 << rememberedBits).fill(-1);
  const answers = new Uint8Array(1 << rememberedBits);
  return (red, green, blue) => {
    const key = (red << 16) | (green << 8) | blue;
    const place = Math.imul(key, hashFactor) >>> (32 - rememberedBits);
    if (keys[place] !== key) {
      keys[place] = key;
      answers[place] = isNear(labFromLinear(linear[red] ?? 0, linear[green] ?? 0, linear[blue] ?? 0)) ? 1 : 0;
    }
    return answers[place] === 1;
  };
}

/** Conversions between hex, 8-bit sRGB, OKLab, OKLCH and CIELAB (D65), and WCAG luminance: a pure function per name. */

/** sRGB, each channel 0 … 255; whole numbers unless it is a mean. */
export type Rgb = readonly [red: number, green: number, blue: number];
/** CIELAB with white point D65: L* 0 … 100, a* and b* about −128 … 128. */
export type Lab = readonly [lightness: number, a: number, b: number];
/** OKLab: L 0 … 1, a and b about −0.4 … 0.4. */
export type Oklab = readonly [lightness: number, a: number, b: number];
/** OKLCH: L 0 … 1, chroma 0 … about 0.33, hue in degrees 0 … 360, or null where a grey has none. */
export type Oklch = readonly [lightness: number, chroma: number, hue: number | null];

/** Below this OKLCH chroma a colour is grey: (128, 128, 129) has 0.002, rounding leaves greys under 0.00005. */
const greyChroma = 1e-4;

/** `#rrggbb` in lower case; channels are rounded and clamped to 0 … 255. */
export function hexFromRgb([red, green, blue]: Rgb): string {
  const bits = (byteOf(red) << 16) | (byteOf(green) << 8) | byteOf(blue);
  return `#${(0x1000000 | bits).toString(16).slice(1)}`;
}

/** A channel as it is written: rounded and clamped. */
export function byteOf(channel: number): number {
  return Math.round(Math.min(255, Math.max(0, channel)));
}

/**
 * The channels of `#rrggbb` (either case).
 * @throws {RangeError} on anything else: no short form, no alpha, no missing `#`.
 */
export function rgbFromHex(hex: string): Rgb {
  const bits = bitsOf(hex);
  if (bits < 0) throw new RangeError(`Not a colour of the form #rrggbb: ${JSON.stringify(hex)}`);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

/** Values of digits by their character codes, −1 for what is none: a pattern and a parser took three times as long. */
const digitValues = Int8Array.from({ length: 128 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
);

/** Negative for what is no colour. */
function bitsOf(hex: string): number {
  if (hex.length !== 7 || hex[0] !== '#') return -1;
  let bits = 0;
  for (let at = 1; at < 7; at++) {
    const value = digitValues[hex.charCodeAt(at)] ?? -1;
    if (value < 0) return -1;
    bits = bits * 16 + value;
  }
  return bits;
}

/** Of whole channels, which nearly all are: a power takes longer than all the rest of a conversion. */
const linearOfBytes = Float64Array.from({ length: 256 }, (_, byte) => linearOf(byte));

/** Linear light 0 … 1 of an sRGB channel 0 … 255. Source: IEC 61966-2-1, as in CSS Color 4 §10.2. */
export function linearFromChannel(channel: number): number {
  return (Number.isInteger(channel) ? linearOfBytes[channel] : undefined) ?? linearOf(channel);
}

function linearOf(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** sRGB channel 0 … 255 (not rounded) of linear light 0 … 1: the inverse of `linearFromChannel`. */
export function channelFromLinear(linear: number): number {
  return 255 * (linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055);
}

/**
 * OKLab of linear-light sRGB 0 … 1. Source: Björn Ottosson, bottosson.github.io/posts/oklab (matrices of 2021-01-25).
 */
export function oklabFromLinear(red: number, green: number, blue: number): Oklab {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** OKLab of sRGB. */
export function oklabFromRgb([red, green, blue]: Rgb): Oklab {
  return oklabFromLinear(linearFromChannel(red), linearFromChannel(green), linearFromChannel(blue));
}

/** OKLCH of sRGB: OKLab in polar form (CSS Color 4 §9.4); the hue of a grey is null. */
export function oklchFromRgb(rgb: Rgb): Oklch {
  const [lightness, a, b] = oklabFromRgb(rgb);
  const chroma = Math.sqrt(a * a + b * b);
  if (chroma < greyChroma) return [lightness, 0, null];
  const degrees = (Math.atan2(b, a) * 180) / Math.PI;
  return [lightness, chroma, degrees < 0 ? degrees + 360 : degrees];
}

/** CIELAB (D65, 2° observer) of sRGB. */
export function labFromRgb([red, green, blue]: Rgb): Lab {
  return labFromLinear(linearFromChannel(red), linearFromChannel(green), linearFromChannel(blue));
}

/** The same of linear-light sRGB 0 … 1. Source: CIE 15:2004 §8.2.1; the sRGB matrix of CSS Color 4 §18. */
export function labFromLinear(r: number, g: number, b: number): Lab {
  // XYZ divided by the white point, which is the sum of each row: white is exactly (100, 0, 0).
  const x = labCurve((0.4123907993 * r + 0.3575843394 * g + 0.1804807884 * b) / 0.9504559271);
  const y = labCurve(0.2126390059 * r + 0.7151686788 * g + 0.0721923154 * b);
  const z = labCurve((0.0193308187 * r + 0.1191947798 * g + 0.9505321522 * b) / 1.0890577508);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function labCurve(ratio: number): number {
  return ratio > 216 / 24389 ? Math.cbrt(ratio) : (ratio * (24389 / 27) + 16) / 116;
}

/** Relative luminance 0 … 1. Source: WCAG 2.2 (with the 0.04045 of its erratum; 8-bit answers are the same). */
export function relativeLuminance([red, green, blue]: Rgb): number {
  return 0.2126 * linearFromChannel(red) + 0.7152 * linearFromChannel(green) + 0.0722 * linearFromChannel(blue);
}

/** Contrast ratio 1 … 21 of two colours, whichever comes first. Source: WCAG 2.2, success criterion 1.4.3. */
export function contrastRatio(one: Rgb, other: Rgb): number {
  const first = relativeLuminance(one);
  const second = relativeLuminance(other);
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

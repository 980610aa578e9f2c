/** How different two colours are: CIEDE2000 by default, OKLab and sRGB distances on request. */
import type { Lab, Oklab, Rgb } from './convert.ts';

const degree = Math.PI / 180;
const pow25To7 = 25 ** 7;

/**
 * CIEDE2000 (k_L = k_C = k_H = 1): 0 is equal, about 1 just noticeable, black to white 100.
 * Source: Sharma, Wu & Dalal, "The CIEDE2000 color-difference formula", Color Research & Application 30 (2005).
 */
export function ciede2000(one: Lab, other: Lab): number {
  const stretch =
    1.5 - 0.5 * saturation((Math.sqrt(one[1] ** 2 + one[2] ** 2) + Math.sqrt(other[1] ** 2 + other[2] ** 2)) / 2);
  const chroma1 = Math.sqrt((one[1] * stretch) ** 2 + one[2] ** 2);
  const chroma2 = Math.sqrt((other[1] * stretch) ** 2 + other[2] ** 2);
  const hue1 = hueOf(one[1] * stretch, one[2]);
  const hue2 = hueOf(other[1] * stretch, other[2]);
  const grey = chroma1 * chroma2 === 0;

  // Equations 10 and 14: the hues are joined the short way round; a grey has no hue and takes the other's.
  const apart = hue2 - hue1;
  const turn = grey || Math.abs(apart) <= Math.PI ? 0 : Math.PI * 2;
  const hueStep = grey ? 0 : apart > 0 ? apart - turn : apart + turn;
  const sum = hue1 + hue2;
  const meanHue = grey ? sum : (sum + (sum < Math.PI * 2 ? turn : -turn)) / 2;

  const meanChroma = (chroma1 + chroma2) / 2;
  const chromaWeight = 1 + 0.045 * meanChroma;
  const hueWeight = 1 + 0.015 * meanChroma * hueResponse(meanHue);
  const lightness = (other[0] - one[0]) / lightnessWeight((one[0] + other[0]) / 2);
  const chroma = (chroma2 - chroma1) / chromaWeight;
  const hue = (2 * Math.sqrt(chroma1 * chroma2) * Math.sin(hueStep / 2)) / hueWeight;
  return Math.sqrt(lightness ** 2 + chroma ** 2 + hue ** 2 + rotation(meanChroma, meanHue) * chroma * hue);
}

/**
 * What CIEDE2000 is at least, from the lightnesses alone: lets a scan skip what cannot be nearest.
 * The other terms are x² + y² + R·x·y with |R| ≤ 2, which is never negative.
 */
export function ciede2000AtLeast(lightness1: number, lightness2: number): number {
  return Math.abs(lightness1 - lightness2) / lightnessWeight((lightness1 + lightness2) / 2);
}

const mostRotation = Math.sin(60 * degree);
/** T of equation 15 is never more. */
const mostHueResponse = 1.5725;

/**
 * What CIEDE2000 is at least, for a fraction of its cost: lets a scan skip what is not near. All of it but what takes
 * angles: what is apart in a and b and not in chroma is the step in hue; its weight is at most that of the largest T; and
 * x² + y² + R·x·y is at least (1 − |R| / 2)·(x² + y²). The hue of a rotation is about 275°, where b is negative, and |R| is
 * at most 2·sin 60° of the saturation.
 */
export function ciede2000LeastOf(one: Lab, other: Lab): number {
  const stretch =
    1.5 - 0.5 * saturation((Math.sqrt(one[1] ** 2 + one[2] ** 2) + Math.sqrt(other[1] ** 2 + other[2] ** 2)) / 2);
  const chroma1 = Math.sqrt((one[1] * stretch) ** 2 + one[2] ** 2);
  const chroma2 = Math.sqrt((other[1] * stretch) ** 2 + other[2] ** 2);
  const mean = (chroma1 + chroma2) / 2;
  const chroma = (chroma2 - chroma1) ** 2;
  const hue = Math.max(0, ((one[1] - other[1]) * stretch) ** 2 + (one[2] - other[2]) ** 2 - chroma);
  const part = one[2] < 0 || other[2] < 0 ? 1 - mostRotation * saturation(mean) : 1;
  return Math.sqrt(
    ciede2000AtLeast(one[0], other[0]) ** 2 +
      part * (chroma / (1 + 0.045 * mean) ** 2 + hue / (1 + 0.015 * mostHueResponse * mean) ** 2),
  );
}

function lightnessWeight(meanLightness: number): number {
  const fromMiddle = (meanLightness - 50) ** 2;
  return 1 + (0.015 * fromMiddle) / Math.sqrt(20 + fromMiddle);
}

function hueOf(a: number, b: number): number {
  const hue = Math.atan2(b, a);
  return hue < 0 ? hue + Math.PI * 2 : hue;
}

/** T of equation 15. */
function hueResponse(hue: number): number {
  return (
    1 -
    0.17 * Math.cos(hue - 30 * degree) +
    0.24 * Math.cos(2 * hue) +
    0.32 * Math.cos(3 * hue + 6 * degree) -
    0.2 * Math.cos(4 * hue - 63 * degree)
  );
}

/** R_T of equations 16, 17 and 21: chroma and hue are not independent in the blues. */
function rotation(meanChroma: number, meanHue: number): number {
  const turn = 30 * degree * Math.exp(-(((meanHue / degree - 275) / 25) ** 2));
  return -2 * saturation(meanChroma) * Math.sin(2 * turn);
}

/** √(C⁷ / (C⁷ + 25⁷)) of equations 4 and 17, multiplied out because `** 7` took a third of the time. */
function saturation(chroma: number): number {
  const cube = chroma * chroma * chroma;
  const chromaTo7 = cube * cube * chroma;
  return Math.sqrt(chromaTo7 / (chromaTo7 + pow25To7));
}

/**
 * Distance in OKLab with a and b doubled: 0 is equal, black to white 1. With the factor the nearest name is the one
 * that people give nearly as often as by CIEDE2000, at a fraction of its cost; without it, much less often.
 */
export function oklabDistance(one: Oklab, other: Oklab): number {
  return Math.sqrt((one[0] - other[0]) ** 2 + 4 * (one[1] - other[1]) ** 2 + 4 * (one[2] - other[2]) ** 2);
}

/**
 * Euclidean distance of sRGB bytes: 0 is equal, black to white 441.7. No measure of what is seen; for exact systems.
 */
export function rgbDistance(one: Rgb, other: Rgb): number {
  return Math.sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2);
}

/** Random numbers and colours that are the same on every run. */
import { labFromRgb, type Rgb } from '@tintype/colour';
import { seededRandom } from '@tintype/testkit';

/** Numbers 0 … 1. */
export type Random = () => number;

/** One stream for each picture, so that adding a family changes no other. */
export function randomFor(seed: number, family: string, index: number): Random {
  let hash = 2166136261; // FNV-1a
  for (const character of `${seed}/${family}/${index}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  return seededRandom(hash);
}

/** A whole number `from` … `to`. */
export function wholeNumber(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

export function between(random: Random, from: number, to: number): number {
  return from + random() * (to - from);
}

/** Normally distributed around 0 with deviation 1 (Box–Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function randomColour(random: Random): Rgb {
  return [wholeNumber(random, 0, 255), wholeNumber(random, 0, 255), wholeNumber(random, 0, 255)];
}

/** CIE76: enough to keep colours apart; answers are scored with CIEDE2000. */
export function labDistance(one: Rgb, other: Rgb): number {
  const [lightness, a, b] = labFromRgb(one);
  const [lightness2, a2, b2] = labFromRgb(other);
  return Math.hypot(lightness - lightness2, a - a2, b - b2);
}

/** Colours that are at least `apart` from each other; less if there is no room. */
export function distinctColours(random: Random, count: number, apart = 25): Rgb[] {
  const colours: Rgb[] = [];
  let least = apart;
  for (let tries = 1; colours.length < count; tries++) {
    const candidate = randomColour(random);
    if (colours.every((colour) => labDistance(colour, candidate) >= least)) colours.push(candidate);
    if (tries % 3000 === 0) least *= 0.9;
  }
  return colours;
}

/** Two colours that people tell apart but call by one name: CIE76 7 … 13. */
export function closeColours(random: Random): [Rgb, Rgb] {
  for (;;) {
    const one = randomColour(random);
    const other = clamped(shifted(one, () => 16 * normal(random)));
    const distance = labDistance(one, other);
    if (distance >= 7 && distance <= 13) return [one, other];
  }
}

/** Adds to each channel. */
export function shifted([red, green, blue]: Rgb, by: () => number): Rgb {
  return [red + by(), green + by(), blue + by()];
}

export function clamped([red, green, blue]: Rgb): Rgb {
  const clamp = (channel: number) => Math.round(Math.min(255, Math.max(0, channel)));
  return [clamp(red), clamp(green), clamp(blue)];
}

export function scaled([red, green, blue]: Rgb, factor: number): Rgb {
  return [red * factor, green * factor, blue * factor];
}

export function mixed(one: Rgb, other: Rgb, t: number): Rgb {
  const k = Math.min(1, Math.max(0, t));
  return [one[0] + (other[0] - one[0]) * k, one[1] + (other[1] - one[1]) * k, one[2] + (other[2] - one[2]) * k];
}

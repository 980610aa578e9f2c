/** A generated picture before it is encoded, and what is known of it. */
import type { Pixels, Rgb } from '@tintype/colour';
import { paint } from './canvas.ts';
import { type Encoding, png } from './encoding.ts';
import { between, type Random } from './random.ts';
import { countColours, type Truth, truthOf } from './truth.ts';

export type Drawing = { picture: Pixels; truth: Truth; encodings: readonly Encoding[] };

/** Draws one picture of a family; `index` is its number among those of its family. */
export type Draw = (random: Random, index: number) => Drawing;

/** Flat art as it is: the truth is counted. Encoded one after the other, PNG unless told. */
export function flatDrawing(
  picture: Pixels,
  background: Truth['background'],
  encodings: readonly Encoding[] = [png],
): Drawing {
  return { picture, truth: truthOf(countColours(picture), background), encodings };
}

/** Stripes of one colour each, 0.08 … 1.08 parts wide, across or down. */
export function stripes(random: Random, colours: readonly Rgb[], width = 400, height = 300): Pixels {
  const isAcross = random() < 0.5;
  const parts = colours.map(() => between(random, 0.08, 1.08));
  const total = parts.reduce((sum, part) => sum + part, 0);
  let reached = 0;
  const edges = parts.map((part) => {
    reached += part / total;
    return reached;
  });
  return paint(width, height, (x, y) => {
    const place = isAcross ? (x + 0.5) / width : (y + 0.5) / height;
    return colours[edges.findIndex((edge) => place <= edge + 1e-9)] ?? [0, 0, 0];
  });
}

/** Discs and rectangles, one of each colour, on a background, not touching the edge. */
export function shapes(random: Random, behind: Rgb, colours: readonly Rgb[], side = 400): Pixels {
  const list = colours.map((colour) => ({
    colour,
    x: between(random, 0.25, 0.75) * side,
    y: between(random, 0.25, 0.75) * side,
    reach: between(random, 0.1, 0.23) * side,
    isDisc: random() < 0.5,
  }));
  return paint(side, side, (x, y) => {
    const hit = list.findLast(({ x: left, y: top, reach, isDisc }) => {
      const [across, down] = [Math.abs(x - left), Math.abs(y - top)];
      return isDisc ? across * across + down * down < reach * reach : across < reach && down < reach * 0.8;
    });
    return hit?.colour ?? behind;
  });
}

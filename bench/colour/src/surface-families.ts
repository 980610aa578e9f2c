/** Families of surfaces that are no flat colour: shade, gradients, texture, greys. */
import type { Rgb } from '@tintype/colour';
import { paint, repaint } from './canvas.ts';
import { type Draw, flatDrawing, shapes } from './drawing.ts';
import { jpeg, png } from './encoding.ts';
import { between, clamped, distinctColours, mixed, normal, scaled, shifted, wholeNumber } from './random.ts';
import { truthOf } from './truth.ts';

const black: Rgb = [0, 0, 0];

/** Flat art under a light from one side, 8 … 22 % brighter there: the truth is the art. */
export const shaded: Draw = (random) => {
  const [behind = black, ...colours] = distinctColours(random, wholeNumber(random, 2, 3), 40);
  const drawing = flatDrawing(shapes(random, behind, colours), behind, [jpeg(85)]);
  const angle = random() * 2 * Math.PI;
  const strength = between(random, 0.08, 0.22) * 1.4;
  const lightAt = (x: number, y: number) =>
    1 + strength * ((x / 400 - 0.5) * Math.cos(angle) + (y / 400 - 0.5) * Math.sin(angle));
  return { ...drawing, picture: repaint(drawing.picture, (rgb, x, y) => scaled(rgb, lightAt(x, y))) };
};

/** A gradient behind a disc: the truth is the middle of the gradient with all of its share. */
export const gradient: Draw = (random, index) => {
  const [left = black, disc = black] = distinctColours(random, 2, 40);
  const right = clamped(shifted(left, () => 22 * normal(random)));
  const picture = paint(400, 400, (x, y) => (Math.hypot(x - 200, y - 200) < 90 ? disc : mixed(left, right, x / 400)));
  const share = (Math.PI * 90 * 90) / (400 * 400);
  const middle = mixed(left, right, 0.5);
  const palette = [
    { rgb: middle, share: 1 - share },
    { rgb: disc, share },
  ];
  return { picture, truth: truthOf(palette, middle), encodings: [index % 2 === 0 ? png : jpeg(85)] };
};

/** Stripes or checks of two near colours: cells of 10 … 24 pixels at a side of 400. */
export const texture: Draw = (random, index) => weave(random, index, wholeNumber(random, 10, 24));

/** Cells of 3 … 9 pixels at a side of 400, which the sample mixes. */
export const fineTexture: Draw = (random, index) => weave(random, index, wholeNumber(random, 3, 9));

/** Several greys, and nothing else. */
export const greys: Draw = (random) => {
  const first = wholeNumber(random, 0, 60);
  const levels = Array.from({ length: wholeNumber(random, 2, 4) }, (_, index) => first + index * 60);
  const [behind = black, ...others] = levels.map((level): Rgb => [level, level, level]);
  return flatDrawing(shapes(random, behind, others), behind, [jpeg(wholeNumber(random, 60, 95))]);
};

function weave(random: () => number, index: number, cell: number) {
  const [one = black, other = black] = distinctColours(random, 2, between(random, 12, 37));
  const isCheck = index % 2 === 1;
  const picture = paint(400, 400, (x, y) => {
    const place = Math.floor(x / cell) + (isCheck ? Math.floor(y / cell) : 0);
    return place % 3 === 0 ? other : one;
  });
  return flatDrawing(picture, null);
}

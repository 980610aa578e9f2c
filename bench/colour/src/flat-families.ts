/** Families of flat art: every pixel has one of a few colours, and the file keeps them. */
import type { Rgb } from '@tintype/colour';
import { paint } from './canvas.ts';
import { type Draw, flatDrawing, shapes, stripes } from './drawing.ts';
import { jpeg, losslessWebp, png } from './encoding.ts';
import { between, clamped, distinctColours, mixed, randomColour, wholeNumber } from './random.ts';
import { countColours, truthOf } from './truth.ts';

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

export const flat: Draw = (random) =>
  flatDrawing(stripes(random, distinctColours(random, wholeNumber(random, 2, 5))), null);

export const shapesOnGround: Draw = (random) => {
  const [behind = white, ...colours] = distinctColours(random, wholeNumber(random, 2, 5));
  return flatDrawing(shapes(random, behind, colours), behind);
};

/** Two rings on a ground, as an application's icon. */
export const icon: Draw = (random) => {
  const [behind = white, outer = black, inner = black] = distinctColours(random, 3, 35);
  const radius = 128 * between(random, 0.5, 0.85);
  const picture = paint(256, 256, (x, y) => {
    const distance = Math.hypot(x - 128, y - 128);
    return distance < radius * 0.45 ? inner : distance < radius ? outer : behind;
  });
  return flatDrawing(picture, behind);
};

export const blackSquareOnWhite: Draw = (random, index) => {
  const reach = between(random, 0.3, 0.66) * 200;
  const isInside = (at: number) => Math.abs(at - 200) < reach;
  const picture = paint(400, 400, (x, y) => (isInside(x) && isInside(y) ? black : white));
  return flatDrawing(picture, white, [index % 2 === 0 ? png : jpeg(80)]);
};

/** A frame of 5 to 15 % of the width around two colours: the frame is the background. */
export const frame: Draw = (random) => {
  const [around = white, left = black, right = black] = distinctColours(random, 3, 30);
  const thickness = between(random, 0.05, 0.15) * 400;
  const isFrame = (at: number, size: number) => at < thickness || at >= size - thickness;
  const picture = paint(400, 300, (x, y) => (isFrame(x, 400) || isFrame(y, 300) ? around : x < 180 ? left : right));
  return flatDrawing(picture, around);
};

/** A line of 1 to 3 pixels along the edge: it is a colour, but no background. */
export const keyLine: Draw = (random) => {
  const [line = white, behind = black, subject = black] = distinctColours(random, 3, 30);
  const thickness = wholeNumber(random, 1, 3);
  const inner = shapes(random, behind, [subject]);
  const isLine = (at: number) => at < thickness || at >= 400 - thickness;
  const picture = paint(400, 400, (x, y) => {
    const at = (y * 400 + x) * 3;
    return isLine(x) || isLine(y) ? line : [...inner.data.subarray(at, at + 3)];
  });
  return flatDrawing(picture, behind, [jpeg(75)]);
};

/** A disc of sectors on nothing; black or junk lies under the transparent pixels. */
export const alpha: Draw = (random, index) => {
  const colours = distinctColours(random, wholeNumber(random, 2, 3), 30);
  const radius = between(random, 80, 160);
  const under = random() < 0.5 ? black : randomColour(random);
  const picture = paint(400, 400, (x, y) => {
    if (Math.hypot(x - 200, y - 200) > radius) return [...under, 0];
    const turn = Math.atan2(y - 200, x - 200) / (2 * Math.PI) + 0.5;
    return [...(colours[Math.min(colours.length - 1, Math.floor(turn * colours.length))] ?? black), 255];
  });
  return flatDrawing(picture, 'transparent', [index % 2 === 0 ? png : losslessWebp]);
};

/**
 * A colour and two of its tints on white, as charts have them: a tint looks like a blend of an edge, but is a colour.
 */
export const tints: Draw = (random, index) => {
  const colour = saturatedColour(random);
  const steps = [between(random, 0.25, 0.45), between(random, 0.55, 0.75)];
  const [light = white, middle = white] = steps.map((step) => clamped(mixed(white, colour, step)));
  const picture = index % 2 === 0 ? stripes(random, [white, colour, middle, light]) : undefined;
  const art = picture ?? shapes(random, white, [colour, middle, light]);
  return flatDrawing(art, picture ? null : white, [index % 4 < 2 ? png : jpeg(85)]);
};

export const manyColours: Draw = (random) =>
  flatDrawing(stripes(random, distinctColours(random, wholeNumber(random, 7, 12), 22), 400, 400), null);

/** Greys and one small saturated disc, which should be the accent. */
export const accent: Draw = (random, index) => {
  const grey = wholeNumber(random, 40, 254);
  const other = grey + (grey > 128 ? -70 : 70);
  const dot = saturatedColour(random);
  const radius = between(random, 0.06, 0.12) * 400;
  const picture = paint(400, 400, (x, y) => {
    if (Math.hypot(x - 250, y - 150) < radius) return dot;
    return y > 260 ? [other, other, other] : [grey, grey, grey];
  });
  const truth = truthOf(countColours(picture), [grey, grey, grey], dot);
  return { picture, truth, encodings: [index % 2 === 0 ? png : jpeg(80)] };
};

function saturatedColour(random: () => number): Rgb {
  for (;;) {
    const colour = randomColour(random);
    const [most, least] = [Math.max(...colour), Math.min(...colour)];
    if (most > 128 && least < most * 0.3) return colour;
  }
}

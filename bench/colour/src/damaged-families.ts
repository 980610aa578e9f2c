/** Families of flat art that noise or lossy files have damaged: the truth is the art. */
import type { Pixels, Rgb } from '@tintype/colour';
import { repaint } from './canvas.ts';
import { type Draw, type Drawing, flatDrawing, shapes, stripes } from './drawing.ts';
import { avif, deepPng, type Encoding, gif, jpeg, palettePng, png, tiff, webp } from './encoding.ts';
import {
  between,
  closeColours,
  distinctColours,
  normal,
  type Random,
  randomColour,
  scaled,
  shifted,
  wholeNumber,
} from './random.ts';
import { countColours, truthOf } from './truth.ts';

const white: Rgb = [255, 255, 255];

export const jpegArt: Draw = (random) => {
  const [behind = white, ...colours] = distinctColours(random, wholeNumber(random, 2, 5));
  return flatDrawing(shapes(random, behind, colours), behind, [jpeg(wholeNumber(random, 40, 90))]);
};

export const noise: Draw = (random) => {
  const [behind = white, ...colours] = distinctColours(random, wholeNumber(random, 2, 5), 30);
  return withNoise(flatDrawing(shapes(random, behind, colours, 128), behind), random, between(random, 3, 12));
};

export const noisyJpeg: Draw = (random) => {
  const art = stripes(random, distinctColours(random, wholeNumber(random, 2, 5), 30), 200, 200);
  return withNoise(flatDrawing(art, null, [jpeg(wholeNumber(random, 60, 90))]), random, between(random, 2, 8));
};

/** Noise of 5° in hue and 4 % in saturation and value. */
export const hsvNoise: Draw = (random) => {
  const [behind = white, ...colours] = distinctColours(random, wholeNumber(random, 2, 5), 40);
  const drawing = flatDrawing(shapes(random, behind, colours, 128), behind);
  return { ...drawing, picture: repaint(drawing.picture, (rgb) => jittered(rgb, random)) };
};

export const plainNoise: Draw = (random) => plain(random, randomColour(random), between(random, 0, 12));

/** Under 40 of 255, where one step of sRGB is a large step to the eye. */
export const darkNoise: Draw = (random) => plain(random, scaled(randomColour(random), 0.15), between(random, 1, 6));

/** One colour's flat art in the formats that are accepted. */
export const formats: Draw = (random, index) => {
  const colours = distinctColours(random, wholeNumber(random, 2, 5));
  const list = [gif, tiff, palettePng, deepPng, avif, webp(60), jpeg(60), jpeg(90, '4:4:4')];
  return flatDrawing(stripes(random, colours, 400, 400), null, cycled(list, index));
};

/** Saved three times, as pictures that wander about the web. */
export const reEncoded: Draw = (random, index) => {
  const [behind = white, ...colours] = distinctColours(random, wholeNumber(random, 2, 5));
  const last = cycled([jpeg(60), webp(60), jpeg(40), jpeg(75, '4:4:4')], index);
  return flatDrawing(shapes(random, behind, colours), behind, [jpeg(80), webp(70), ...last]);
};

export const close: Draw = (random, index) => {
  const pair = closeColours(random);
  const colours = random() < 0.5 ? pair : [...pair, ...distinctColours(random, 1)];
  return flatDrawing(stripes(random, colours, 400, 400), null, index % 2 === 0 ? undefined : [jpeg(85)]);
};

export const closeNoisy: Draw = (random) =>
  withNoise(flatDrawing(stripes(random, closeColours(random), 200, 200), null, [jpeg(85)]), random, 2);

function cycled(list: readonly Encoding[], index: number): Encoding[] {
  return [list[index % list.length] ?? jpeg(80)];
}

function withNoise(drawing: Drawing, random: Random, deviation: number): Drawing {
  const picture = repaint(drawing.picture, (rgb) => shifted(rgb, () => deviation * normal(random)));
  return { ...drawing, picture };
}

/** One colour everywhere, with noise that is clipped at black and white, as a camera's is. */
function plain(random: Random, colour: Rgb, deviation: number): Drawing {
  const art: Pixels = { data: new Uint8Array(160 * 160 * 3), width: 160, height: 160, channels: 3 };
  const picture = repaint(art, () => colour);
  const palette = countColours(picture);
  const truth = truthOf(palette, palette[0]?.rgb ?? null);
  return withNoise({ picture, truth, encodings: [png] }, random, deviation);
}

/** In hue, saturation and value (Smith, "Color gamut transform pairs", SIGGRAPH 1978). */
function jittered([red, green, blue]: Rgb, random: Random): Rgb {
  const value = Math.max(red, green, blue) / 255;
  const range = value - Math.min(red, green, blue) / 255;
  const saturation = value === 0 ? 0 : range / value;
  const turns = { red: (green - blue) / 255, green: (blue - red) / 255, blue: (red - green) / 255 };
  const isRed = red >= green && red >= blue;
  const sextant = isRed ? turns.red / range : green >= blue ? 2 + turns.green / range : 4 + turns.blue / range;
  const hue = range === 0 ? 0 : sextant * 60;
  const unit = (number: number) => Math.min(1, Math.max(0, number));
  return rgbFromHsv(
    hue + 5 * normal(random),
    unit(saturation + 0.04 * normal(random)),
    unit(value + 0.04 * normal(random)),
  );
}

/** Hue in degrees, saturation and value 0 … 1. */
export function rgbFromHsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (offset: number) => {
    const place = (((offset + hue / 60) % 6) + 6) % 6;
    return 255 * (value - value * saturation * Math.max(0, Math.min(place, 4 - place, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

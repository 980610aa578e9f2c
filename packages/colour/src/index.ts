/** Colour room: conversions, differences, names and extraction. Pure arithmetic, no dependencies. */
export { colourNames, hexOfWord } from './colour-words.ts';
export {
  contrastRatio,
  hexFromRgb,
  type Lab,
  labFromRgb,
  type Oklab,
  type Oklch,
  oklabFromRgb,
  oklchFromRgb,
  type Rgb,
  relativeLuminance,
  rgbFromHex,
} from './convert.ts';
export { cssColours, type NamedColour, nameOf } from './css-colours.ts';
export { ciede2000, oklabDistance, rgbDistance } from './difference.ts';
export { type ExtractedColours, extractColours, extractionVersion, type Swatch } from './extract.ts';
export { extractColoursWithout, type IgnoreOptions } from './ignore.ts';
export {
  addToPalette,
  type ColourMatch,
  type ColourMetric,
  colourMetrics,
  defaultTolerance,
  emptyPalette,
  type GrowingPalette,
  nearestColours,
  type PreparedPalette,
  preparePalette,
} from './match.ts';
export type { NamedHex } from './named-hex.ts';
export { builtInPalettes, type PaletteColour } from './palettes.ts';
export type { Pixels } from './pixels.ts';
export { readSwatches, writeSwatches } from './swatch-text.ts';
export { type Swatches, type SwatchName, swatchNames } from './swatches.ts';
export { warmUp } from './warm-up.ts';

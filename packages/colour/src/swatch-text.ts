/** Swatches as a short text, for storing: six hexes with names would take as much room as a whole palette. */
import { hexFromRgb } from './convert.ts';
import { named } from './named-hex.ts';
import { type Swatches, swatchesBy, swatchNames } from './swatches.ts';

const bytesPerSwatch = 3;
/** Black stands for none: it is darker than a swatch can be. */
const absent = '000000';

/** 24 characters of base64: red, green and blue of each, in the order of `swatchNames`. */
export function writeSwatches(swatches: Swatches): string {
  const digits = swatchNames.map((name) => swatches[name]?.hex.slice(1) ?? absent).join('');
  return Buffer.from(digits, 'hex').toString('base64');
}

/**
 * Reads what `writeSwatches` wrote; the names follow from the colours, and are taken from `known` where those are in it:
 * to find one takes longer than all the rest.
 * @throws {RangeError} on a text of another length.
 */
export function readSwatches(text: string, known: ReadonlyMap<string, string> = new Map()): Swatches {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== swatchNames.length * bytesPerSwatch) {
    throw new RangeError(`Not swatches: ${JSON.stringify(text)}`);
  }
  return swatchesBy((name) => {
    const [red = 0, green = 0, blue = 0] = bytes.subarray(swatchNames.indexOf(name) * bytesPerSwatch);
    if (red + green + blue === 0) return null;
    const hex = hexFromRgb([red, green, blue]);
    const knownName = known.get(hex);
    return knownName === undefined ? named([red, green, blue]) : { hex, name: knownName };
  });
}

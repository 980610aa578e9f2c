/** Swatches as a short text, for storing: six hexes with names would take as much room as a whole palette. */
import { rgbFromHex } from './convert.ts';
import { cssColours, nameOf } from './css-colours.ts';
import type { NamedHex } from './named-hex.ts';
import { type Swatches, swatchesBy, swatchNames } from './swatches.ts';

const absent = '-';
/** Of the place of a name among the CSS colours: finding a name anew takes 139 differences. */
const radix = 36;

/**
 * In the order of `swatchNames`: six digits of the hex and two (base 36) of the place of its name among `cssColours`, or
 * `-`.
 */
export function writeSwatches(swatches: Swatches): string {
  return swatchNames.map((name) => textOf(swatches[name])).join('');
}

/**
 * Reads what `writeSwatches` wrote. A place that no name has is found anew.
 * @throws {RangeError} on any other text.
 */
export function readSwatches(text: string): Swatches {
  const parts = text.match(/-|[0-9a-f]{6}[0-9a-z]{2}/g) ?? [];
  if (parts.length !== swatchNames.length || parts.join('') !== text) {
    throw new RangeError(`Not swatches: ${JSON.stringify(text)}`);
  }
  return swatchesBy((name) => colourOf(parts[swatchNames.indexOf(name)] ?? absent));
}

function textOf(colour: NamedHex | null): string {
  if (colour === null) return absent;
  const place = cssColours.findIndex(({ name }) => name === colour.name);
  return colour.hex.slice(1) + place.toString(radix).padStart(2, '0');
}

function colourOf(text: string): NamedHex | null {
  if (text === absent) return null;
  const hex = `#${text.slice(0, 6)}`;
  const name = cssColours[Number.parseInt(text.slice(6), radix)]?.name;
  return { hex, name: name ?? nameOf(rgbFromHex(hex)) };
}
